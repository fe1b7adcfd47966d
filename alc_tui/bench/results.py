"""What finished runs gave: one JSON line each, appended and forced to disk. Knows not how a run is made.

A line: `schema, id, alc, oracle, config, session, classes, training, device, threads, rounds, seconds`; see `Result`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alc_tui.bench.suites import SCHEMA
from alc_tui.session.settings.renamed import current_names


@dataclass(frozen=True)
class Result:
    """A finished run.

    config: every setting but places. training: true training samples by class, empty where the truth is not known.
    rounds: round 0 first, each with its ledger, scores and seconds (see `worker.of_round`). threads: cores it had, on
    which the last digits may hang.
    """

    id: str
    alc: str
    oracle: str
    config: Mapping[str, Any]
    session: str
    classes: tuple[str, ...]
    training: Mapping[str, int]
    device: str
    threads: int
    rounds: tuple[Mapping[str, Any], ...]
    seconds: float


def read(path: Path) -> tuple[list[Result], list[str]]:
    """The results in the file, the last of each id, none if there is no file; and what was passed over, in words."""
    found: dict[str, Result] = {}
    others, damaged = 0, []
    lines = path.read_bytes().split(b"\n") if path.exists() else [b""]
    for number, line in enumerate(lines[:-1], start=1):
        try:
            values = json.loads(line)
            if values.pop("schema") != SCHEMA:
                others += 1
                continue
            result = _result(values)
            found[result.id] = result
        except (ValueError, KeyError, TypeError, AttributeError):
            damaged.append(number)
    notices = []
    if others:
        notices.append(
            f"{others} result{'s' * (others > 1)} in {path} of another version of alc (schema other than {SCHEMA}) "
            "passed over."
        )
    notices += [f"Line {number} of {path} cannot be read; it is passed over." for number in damaged]
    if lines[-1]:
        notices.append(f"The last line of {path} is half written; its run will be done again.")
    return list(found.values()), notices


def append(path: Path, result: Mapping[str, Any]) -> None:
    """Add a result as the last line, whole on disk when this returns; a half-written last line is cut off before."""
    with path.open("ab+") as file:
        file.seek(0)
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
        file.write(json.dumps({"schema": SCHEMA, **result}, allow_nan=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


_OF_RUN = ("dataset", "method", "sampler", "seed")
_OF_ROUND = ("round", "decided_total", "f1", "recall", "clean_size", "seconds")
"""The least that a report needs."""


def _result(values: Mapping[str, Any]) -> Result:
    """The result; raises KeyError, TypeError or ValueError where something is wanting."""
    _ = [values["config"][name] for name in _OF_RUN]
    rounds = tuple(_round(entry) for entry in values["rounds"])
    if not rounds:
        raise ValueError("a run has at least round 0")
    config = current_names(values["config"])
    return Result(**{**values, "config": config, "classes": tuple(values["classes"]), "rounds": rounds})


def _round(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    _ = [entry[name] for name in _OF_ROUND], entry["macro_f1"]["best"], entry["macro_f1"]["last"]
    return entry
