"""How often forecasts are right: made before each round of replays, and compared with what then happened.

Prints one JSON line per oracle, recipe and noise rate, and one for all: how many of the 80 % intervals contained the
number of changed labels, the number of labels of rare classes, and the macro-F1 of the next round, and how often the
advice was right. The advice is judged by the gain per round (least squares) over the rounds that were left, at least
three. Options after `--` go to `alc session new`. With `--store`, finished runs are not repeated.

    python -m benchmarks.forecast --store /tmp/forecasts -- --dataset isic --data-root "$ALC_DATA" --freeze \
        --backbone mobilenet_v2 --weights "$ALC_DATA/weights/mobilenet_v2_isic64.safetensors" --image-size 64
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from alc_tui.session.forecast.advice import SMALL_GAIN, Advice
from alc_tui.session.forecast.counts import CountForecast
from alc_tui.session.forecast.next_round import Forecast, forecast, labels_by_round
from alc_tui.session.forecast.trend import WINDOW
from alc_tui.session.store.arrays import load_round, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal
from benchmarks import small

FEWEST_LEFT = 3


@dataclass(frozen=True)
class Outcome:
    """A forecast and what then happened. gain: of macro-F1 per round in the rounds left, None if they are too few."""

    forecast: Forecast
    changed: int
    found: int
    macro_f1: float
    gain: float | None


def main() -> None:
    """Make the sessions, replay them, forecast, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oracles", nargs="+", default=["gt"])
    parser.add_argument("--recipes", nargs="+", default=["paper", "balanced"])
    parser.add_argument("--rates", type=float, nargs="+", default=[0.4, 0.5, 0.7])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--store", type=Path, help="where the sessions stay; without it they are removed")
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    parser.add_argument("new", nargs="*")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        store = asked.store or Path(place)
        if asked.small:
            asked.rates, asked.seeds, asked.rounds, asked.recipes = [0.4], [0], 3, ["paper"]
            asked.new = [*small.dataset(Path(place)), *small.SETTINGS, "--budget", "3", "--rounds", "3"]
        everything: list[Outcome] = []
        for oracle, recipe, rate in product(asked.oracles, asked.recipes, asked.rates):
            runs = (replay(store, oracle, recipe, rate, seed, asked.rounds, asked.new) for seed in asked.seeds)
            outcomes = [each for run in runs for each in compare(run)]
            report({"oracle": oracle, "recipe": recipe, "noise": rate, "seeds": len(asked.seeds)}, outcomes)
            everything += outcomes
        report({"oracle": "all", "recipe": "all"}, everything)


def replay(
    store: Path, oracle: str, recipe: str, rate: float, seed: int, rounds: int, options: Sequence[str]
) -> SessionFolder:
    """The finished replay of a session, which is made if it does not exist."""
    session = SessionFolder(store / f"{recipe}-{rate:g}-{seed}")
    at = ["--store", str(store)]
    if not session.document.is_file():
        line = ["new", "--name", session.name, "--noise", str(rate), "--seed", str(seed), "--recipe", recipe]
        alc([*line, "--no-label", "--yes", *at, *options])
    before = set(session.replays())
    alc(["replay", session.name, "--oracle", oracle, "--rounds", str(rounds), *at])
    new = set(session.replays()) - before
    return new.pop() if new else next(each for each in before if is_of(each, oracle, rounds))


def is_of(folder: SessionFolder, oracle: str, rounds: int) -> bool:
    """Whether the replay is by this oracle and of so many rounds."""
    annotator = Journal(folder.journal).decisions[0].annotator
    return annotator == f"oracle:{oracle}" and Document(folder.document).config.rounds == rounds


def alc(line: Sequence[str]) -> None:
    """Run `alc session`."""
    subprocess.run([sys.executable, "-m", "alc_tui", "session", *line], check=True, capture_output=True)


def compare(folder: SessionFolder) -> Iterable[Outcome]:
    """The forecast before each round, and what the round brought."""
    document, decisions = Document(folder.document), Journal(folder.journal).decisions
    rounds, classes = document.rounds, document.session.classes
    samples = load_samples(folder.samples, len(classes))
    arrays = [load_round(folder.round_arrays(number), samples, len(classes)) for number in range(len(rounds))]
    labels = labels_by_round(decisions)
    for number in range(1, len(rounds)):
        earlier = [decision for decision in decisions if decision.round < number]
        made = forecast(document.session, rounds[:number], samples, arrays[max(0, number - WINDOW) : number], earlier)
        found = sum(label in made.rare_classes for label in labels.get(number, ()))
        scores = [record.macro_f1.best for record in rounds[number - 1 :]]
        gain = float(np.polyfit(range(len(scores)), scores, 1)[0]) if len(scores) > FEWEST_LEFT else None
        yield Outcome(made, rounds[number].ledger.changed, found, rounds[number].macro_f1.best, gain)


def report(facts: dict[str, Any], outcomes: Sequence[Outcome]) -> None:
    """Print how often the forecasts were right."""
    found = [(each.forecast.found, each.found) for each in outcomes if each.forecast.found is not None]
    trends = [(each.forecast.trend, each.macro_f1) for each in outcomes if each.forecast.trend is not None]
    print(
        json.dumps(
            {
                **facts,
                "forecasts": len(outcomes),
                "changed": coverage([(each.forecast.changed, each.changed) for each in outcomes]),
                "changed_first_round": coverage(
                    [(each.forecast.changed, each.changed) for each in outcomes if each.forecast.round == 1]
                ),
                "rare": coverage(found),
                "macro_f1": {
                    "forecasts": len(trends),
                    "within": share([trend.next_low <= score <= trend.next_high for trend, score in trends]),
                    "width": mean([trend.next_high - trend.next_low for trend, _ in trends]),
                },
                "advice": [judged(advice, outcomes) for advice in Advice if advice != Advice.UNKNOWN],
            }
        ),
        flush=True,
    )


def coverage(pairs: Sequence[tuple[CountForecast, int]]) -> dict[str, Any]:
    """How often the count was within the interval, below and above it; the mean width, as a share of the queue."""
    return {
        "within": share([made.low <= count <= made.high for made, count in pairs]),
        "below": share([count < made.low for made, count in pairs]),
        "above": share([count > made.high for made, count in pairs]),
        "width": mean([(made.high - made.low) / made.size for made, _ in pairs]),
    }


def judged(advice: Advice, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How often this advice was given with enough rounds left, how often it was right, and the mean gain per round."""
    gains = [each.gain for each in outcomes if each.forecast.advice == advice and each.gain is not None]
    right = [(gain >= SMALL_GAIN) == (advice == Advice.CONTINUE) for gain in gains]
    return {"advice": str(advice), "given": len(gains), "right": share(right), "gain": mean(gains)}


def share(values: Sequence[bool]) -> float | None:
    """The share of True, None for no values."""
    return mean([float(value) for value in values], 3)


def mean(values: Sequence[float], digits: int = 4) -> float | None:
    """The mean, None for no values."""
    return round(float(np.mean(values)), digits) if values else None


if __name__ == "__main__":
    main()
