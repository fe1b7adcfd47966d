"""Results written by hand, and small suites that can be run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from alc_tui.bench.results import RunResult, read
from alc_tui.session.store.typed_json import decode
from tests.session.small import SETTINGS

CLASSES = ("MEL", "NV", "DF", "VASC")


def round_entry(number: int, labels: int, best: float, **more: Any) -> dict[str, Any]:
    """A round of a result line."""
    return {
        "round": number,
        "decided_total": labels,
        "clean_size": 6,
        "shown": 10 if number else 0,
        "confirmed": 4 if number else 0,
        "changed": 6 if number else 0,
        "skipped": 0,
        "flagged": 0,
        "excluded": 0,
        "free_corrections": 0,
        "macro_f1": {"best": best, "last": best - 0.1},
        "f1": dict.fromkeys(CLASSES, best),
        "recall": dict.fromkeys(CLASSES, best),
        "seconds": 10.0 + number,
        **more,
    }


def selection_scores(precision: float, recall: float, **guess: float) -> dict[str, Any]:
    """How good LNL's clean set is, as in round 0."""
    return {"precision": precision, "recall": recall, "guess": dict.fromkeys(CLASSES, 0.5) | guess}


def result_line(
    method: str,
    sampler: str,
    seed: int,
    scores: Sequence[float],
    first: Mapping[str, Any] | None = None,
    id_: str | None = None,
    **config: Any,
) -> dict[str, Any]:
    """A result line whose rounds show ten samples each and score macro-F1 `scores`. first: more keys of round 0."""
    settings = {
        "dataset": "isic",
        "noise": 0.5,
        "noise_kind": "uniform",
        "method": method,
        "sampler": sampler,
        "seed": seed,
    }
    rounds = [round_entry(n, 10 * n, score, **(dict(first or {}) if n == 0 else {})) for n, score in enumerate(scores)]
    return {
        "schema": 1,
        "id": id_ or f"{method}-{sampler}-{seed}-{len(config)}",
        "alc": "0.0.1",
        "oracle": "gt",
        "config": settings | config,
        "session": "s",
        "classes": list(CLASSES),
        "training": {"MEL": 40, "NV": 130, "DF": 3, "VASC": 5},
        "device": "cpu",
        "threads": 1,
        "rounds": rounds,
        "seconds": sum(each["seconds"] for each in rounds),
    }


def example_result(score: float) -> RunResult:
    """A result whose only round has this macro-F1."""
    return decode(RunResult, result_line("ct", "random", 0, (score,)))


def write_results(path: Path, lines: Sequence[Mapping[str, Any]]) -> list[RunResult]:
    """Write a results file and read it back."""
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    found, notices = read(path)
    assert notices == []
    return found


def write_suite(path: Path, images: Path | str, grid: str, **changes: Any) -> Path:
    """A suite file on the small data of the sessions' tests. grid: TOML below [[grid]]."""
    settings = {"dataset": f"folder:{images}", **SETTINGS, **changes}
    toml = "\n".join(f"{name} = {json.dumps(value)}" for name, value in settings.items())
    path.write_text(f"[settings]\n{toml}\n[[grid]]\n{grid}\n")
    return path
