"""Results by hand, and small suites that really run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from alc_tui.bench.results import Result, read
from tests.session.small import SETTINGS

CLASSES = ("MEL", "NV", "DF", "VASC")


def entry(number: int, labels: int, best: float, last: float | None = None, **more: Any) -> dict[str, Any]:
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
        "macro_f1": {"best": best, "last": best - 0.1 if last is None else last},
        "f1": dict.fromkeys(CLASSES, best),
        "recall": dict.fromkeys(CLASSES, best),
        "seconds": 10.0 + number,
        **more,
    }


def selected(precision: float, recall: float, **guess: float) -> dict[str, Any]:
    """What round 0 tells of LNL's clean set."""
    return {"precision": precision, "recall": recall, "guess": dict.fromkeys(CLASSES, 0.5) | guess}


def line(
    method: str,
    sampler: str,
    seed: int,
    scores: Sequence[float],
    first: Mapping[str, Any] | None = None,
    number: str | None = None,
    **config: Any,
) -> dict[str, Any]:
    """A result line whose rounds show ten samples each and score macro-F1 `scores`. first: more facts on round 0."""
    said = {
        "dataset": "isic",
        "noise": 0.5,
        "noise_kind": "uniform",
        "method": method,
        "sampler": sampler,
        "seed": seed,
    }
    rounds = [entry(n, 10 * n, score, **(dict(first or {}) if n == 0 else {})) for n, score in enumerate(scores)]
    return {
        "schema": 1,
        "id": number or f"{method}-{sampler}-{seed}-{len(config)}",
        "alc": "0.0.1",
        "oracle": "gt",
        "config": said | config,
        "session": "s",
        "classes": list(CLASSES),
        "training": {"MEL": 40, "NV": 130, "DF": 3, "VASC": 5},
        "device": "cpu",
        "threads": 1,
        "rounds": rounds,
        "seconds": sum(each["seconds"] for each in rounds),
    }


def write(path: Path, lines: Sequence[Mapping[str, Any]]) -> list[Result]:
    """Write a results file and read it back."""
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    found, notices = read(path)
    assert notices == []
    return found


def suite(path: Path, images: Path | str, grid: str, **changes: Any) -> Path:
    """A suite file on the small data of the sessions' tests. grid: TOML below [[grid]]."""
    settings = {"dataset": f"folder:{images}", **SETTINGS, **changes}
    told = "\n".join(f"{name} = {json.dumps(value)}" for name, value in settings.items())
    path.write_text(f"[settings]\n{told}\n[[grid]]\n{grid}\n")
    return path
