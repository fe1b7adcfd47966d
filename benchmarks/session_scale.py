"""A session of 100,000 samples, without images: seconds and memory of `list`, `show`, the app, the queue, a decision.

Commands are timed as whole processes, start-up included, the app until its first sample is on the screen; `peak_mb` is
the most memory that one took. Every sample has three columns of case data. Decisions are timed with the fsync and what
the screen asks after each; the first and the last thousand of them apart. Prints one JSON line.

    python -m benchmarks.session_scale --samples 100000 --decisions 20000
    python -m benchmarks.session_scale --samples 1000000 --decisions 2000
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from alc_tui.data.case_data import CaseData
from alc_tui.data.dataset import TEST, TRAIN, VAL
from alc_tui.data.texts import Texts
from alc_tui.model.scoring.metrics import score
from alc_tui.session.labeling.passes import QueuePass
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.settings.config import Config
from alc_tui.session.store.arrays import RoundArrays, Samples, save
from alc_tui.session.store.case_data import save_case_data
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.records import DatasetRecord, MacroF1, RoundRecord, RoundScores, Scores
from alc_tui.session.store.typed_json import decode
from benchmarks.label_terminal import memory_of
from tests.terminal import Terminal

CLASSES = tuple(f"class-{number}" for number in range(8))
OPEN_QUEUE = (
    "import sys; from pathlib import Path; from alc_tui.session.store.folder import SessionFolder; "
    "from alc_tui.session.labeling.service import SessionService; "
    "print(SessionService(SessionFolder(Path(sys.argv[1])), write=True).next_item().sample)"
)

LAUNCH = (
    "import resource, subprocess, sys, time; began = time.perf_counter(); "
    "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
    "print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
"""Starts a command from a small process: a command's peak includes that of the process that started it."""


def main() -> None:
    """Make the session, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--decisions", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=5, help="of each command")
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    asked = parser.parse_args()
    if asked.small:
        asked.samples, asked.decisions, asked.repeats = 300, 20, 1
    with tempfile.TemporaryDirectory() as store:
        folder = SessionFolder(Path(store) / "large")
        make(folder, asked.samples, queued=asked.decisions + 1)
        before = commands(folder, asked.repeats)
        seconds = decide(folder, asked.decisions)
        result = {
            "cores": os.cpu_count(),
            "samples": asked.samples,
            "decisions": asked.decisions,
            "before_decisions": before,
            "after_decisions": commands(folder, asked.repeats),
            "decision_ms_median_first_1000": round(1000 * statistics.median(seconds[:1000]), 3),
            "decision_ms_median_last_1000": round(1000 * statistics.median(seconds[-1000:]), 3),
            "decision_ms_p99": round(1000 * statistics.quantiles(seconds, n=100)[98], 3),
        }
    print(json.dumps(result))


def commands(folder: SessionFolder, repeats: int) -> dict[str, dict[str, float]]:
    """Median seconds of each command as a process of its own, and its largest peak of memory."""
    alc = [sys.executable, "-m", "alc_tui", "session"]
    store = ["--store", str(folder.path.parent)]
    return {
        "list": measured(partial(run, [*alc, "list", *store]), repeats),
        "show": measured(partial(run, [*alc, "show", folder.name, *store]), repeats),
        "open_queue": measured(partial(run, [sys.executable, "-c", OPEN_QUEUE, str(folder.path)]), repeats),
        "app": measured(partial(open_app, [*alc, "label", folder.name, *store]), repeats),
    }


def measured(command: Callable[[], tuple[float, float]], repeats: int) -> dict[str, float]:
    """Median wall seconds, and the largest peak in MB."""
    seconds, peaks = zip(*(command() for _ in range(repeats)), strict=True)
    return {"seconds": round(statistics.median(seconds), 3), "peak_mb": round(max(peaks))}


def run(command: list[str]) -> tuple[float, float]:
    """Wall seconds of a command, and its peak in MB."""
    printed = subprocess.run([sys.executable, "-c", LAUNCH, *command], check=True, capture_output=True, text=True)
    seconds, kib = map(float, printed.stdout.split())
    return seconds, kib / 1000


def open_app(command: list[str]) -> tuple[float, float]:
    """Wall seconds until a sample is on the screen, and the peak in MB."""
    with Terminal(command, (100, 30)) as terminal:
        terminal.until(lambda text: all(name in text for name in CLASSES))
        seconds = time.monotonic() - terminal.started_at
        peak = memory_of(terminal.process.pid)["rss_peak"]
    return seconds, peak / 1e6


def decide(folder: SessionFolder, count: int) -> list[float]:
    """Confirm sample after sample; seconds of each."""
    seconds = []
    with SessionService(folder, "benchmark", write=True) as service:
        queue = QueuePass(service)
        showing = queue.next()
        for _ in range(count):
            assert showing is not None
            began = time.perf_counter()
            queue.decide(showing, Verdict("label", showing.item.given, 1.0))
            service.progress()
            showing = queue.next()
            queue.upcoming(3)
            seconds.append(time.perf_counter() - began)
    return seconds


def make(folder: SessionFolder, count: int, queued: int) -> None:
    """A session after LNL, by its files alone."""
    rng = np.random.default_rng(0)
    (folder.path / "weights").mkdir(parents=True)
    split = rng.choice([TRAIN, VAL, TEST], count, p=[0.7, 0.1, 0.2]).astype(np.int8)
    given = rng.integers(0, len(CLASSES), count)
    ids = np.array([f"2019/images/ISIC_{number:07d}" for number in range(count)])
    case_data = zip(rng.integers(20, 90, count).tolist(), rng.choice(["f", "m"], count).tolist(), ids, strict=True)
    rows = tuple((str(age), sex, f"site {name[-2:]}") for age, sex, name in case_data)
    save_case_data(folder.case_data, CaseData(("age", "sex", "site"), rows))
    save(folder.samples, Samples(Texts(ids), Texts(ids), given, given, split))
    training = int((split == TRAIN).sum())
    probabilities = rng.dirichlet(np.ones(len(CLASSES)), training).astype(np.float32)
    ones, ranking = np.ones(training, dtype=np.float32), rng.permutation(training)[:queued]
    answers = probabilities[: int((split == TEST).sum())]
    clean, neighbors, typical = (
        np.zeros(training, dtype=np.bool_),
        np.full((queued, 4), -1),
        np.full((len(CLASSES), 8), -1),
    )
    clusters = np.arange(queued) // 8
    labels, scores = given[split == TRAIN], ranking.astype(float)
    arrays = RoundArrays(
        clean, labels, ones, ones, probabilities, ranking, scores, answers, answers, neighbors, clusters, typical
    )
    save(folder.round_arrays(0), arrays)
    document = Document(folder.document)
    dataset = DatasetRecord(name="isic", root="/", splits={"train": training, "val": 0, "test": 0})
    document.create(Config("isic", rounds=1, budget=queued), {}, dataset, CLASSES, "none")
    measured = decode(Scores, score(answers, given[split == TEST]))
    document.add_round(
        RoundRecord(
            round=0,
            ledger=Ledger(),
            decided_total=0,
            queued=queued,
            clean_size=0,
            macro_f1=MacroF1(measured.macro_f1, measured.macro_f1),
            f1=dict(zip(CLASSES, measured.f1, strict=True)),
            best_epoch=0,
            scores=RoundScores(measured, measured),
            validation=(),
            seconds=0.0,
        )
    )


if __name__ == "__main__":
    main()
