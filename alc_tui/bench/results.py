"""Results of finished runs: one JSON line each, appended and flushed to disk. Independent of how runs are executed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import NoneType
from typing import Any

from alc_tui.bench.suites import SCHEMA
from alc_tui.session.settings.renamed import current_names
from alc_tui.session.store import jsonl
from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.records import MacroF1, RoundRecord, SelectionScores
from alc_tui.session.store.typed_json import FLAT, as_json, decode, encode, parse

SettingValue = str | int | float | bool | None
"""The value of a setting."""


def _config(values: object) -> dict[str, SettingValue]:
    """The settings of a run by their current names.

    Raises ValueError if one that identifies the run is missing, or if one has a wrong type.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"expected an object, found {values!r:.80}")
    for name in _IDENTIFYING:
        if name not in values:
            raise ValueError(f"{name}: missing")
    for name, value in values.items():
        is_finite = not isinstance(value, float) or math.isfinite(value)
        if not is_finite or not isinstance(value, _KINDS.get(name, (str, int, float, NoneType))):
            raise ValueError(f"{name}: invalid value {value!r:.80}")
    return {"noise": None, "noise_kind": "uniform", **current_names(values)}


_IDENTIFYING: Mapping[str, tuple[type, ...]] = {"dataset": (str,), "method": (str,), "sampler": (str,), "seed": (int,)}
_KINDS = {**_IDENTIFYING, "noise": (int, float, NoneType)}


@dataclass(frozen=True, kw_only=True)
class RoundResult:
    """Scores and costs of one round; round 0 is the state after LNL.

    decided_total: labels decided so far. clean_size: samples in the clean set; clean_per_class: the same by current
    label. macro_f1, f1, recall (by class name, at the best epoch): on the test set, in [0, 1]. best_epoch: from 0, by
    validation. peers: macro-F1 of the summed outputs of both peers. forget_rate, selection: of LNL. all_epochs: mean
    macro-F1 over all epochs, by network. ledger: the round's labeling cost. seconds: duration of the training.
    """

    round: int
    decided_total: int
    clean_size: int
    clean_per_class: Mapping[str, int] | None = None
    macro_f1: MacroF1
    f1: Mapping[str, float]
    recall: Mapping[str, float]
    best_epoch: int | None = None
    peers: MacroF1 | None = None
    forget_rate: float | None = None
    selection: SelectionScores | None = None
    all_epochs: Mapping[str, float] | None = None
    ledger: Ledger = field(default=Ledger(), metadata=FLAT)
    seconds: float

    @classmethod
    def from_record(cls, record: RoundRecord, classes: Sequence[str]) -> RoundResult:
        """Create a result from a session's round. classes: names in the order of the record's per-class values."""
        return cls(
            round=record.round,
            decided_total=record.decided_total,
            clean_size=record.clean_size,
            clean_per_class=record.clean_per_class,
            macro_f1=record.macro_f1,
            f1=record.f1,
            recall=dict(zip(classes, record.scores.best.recall, strict=True)),
            best_epoch=record.best_epoch,
            peers=record.peers,
            forget_rate=record.forget_rate,
            selection=record.selection,
            all_epochs=record.all_epochs,
            ledger=record.ledger,
            seconds=record.seconds,
        )


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """A finished run: one line of a results file.

    id: of the run, see `suites.Run`. alc: the version of alc. config: all settings that the result depends on, by name.
    session: the name of the session that ran the LNL. training: true training samples by class, empty if the truth is
    unknown. threads: number of threads; the last digits may depend on it. rounds: round 0 first. seconds: of all
    rounds. Raises ValueError for a result without rounds, for rounds that lack the score of a class, and for labels
    that decrease.
    """

    schema: int = SCHEMA
    id: str
    alc: str
    oracle: str
    config: Mapping[str, SettingValue] = field(metadata=as_json(dict, _config))
    session: str
    classes: tuple[str, ...]
    training: Mapping[str, int]
    device: str
    threads: int
    rounds: tuple[RoundResult, ...]
    seconds: float

    def __post_init__(self) -> None:
        if not self.rounds:
            raise ValueError("rounds: empty")
        for each in self.rounds:
            scores = [each.f1, each.recall, *([] if each.selection is None else [each.selection.guess])]
            if any(name not in score for score in scores for name in self.classes):
                raise ValueError(f"rounds[{each.round}]: the score of a class is missing")
        if any(after.decided_total < before.decided_total for before, after in pairwise(self.rounds)):
            raise ValueError("rounds: decided_total decreases")

    @property
    def dataset(self) -> str:
        """The data set, as in the setting `dataset`."""
        return str(self.config["dataset"])

    @property
    def method(self) -> str:
        """The LNL method."""
        return str(self.config["method"])

    @property
    def sampler(self) -> str:
        """The sampler that ranked the noisy set."""
        return str(self.config["sampler"])

    @property
    def seed(self) -> int:
        """The seed of all random streams."""
        return int(self.config["seed"] or 0)


def read(path: Path) -> tuple[list[RunResult], list[str]]:
    """The results in the file, the last of each id, none if there is no file; and a message for each skipped line.

    Results of another schema are counted in one sentence.
    """
    by_id: dict[str, RunResult] = {}
    others, notices = 0, []
    lines, torn = jsonl.read(path)
    for number, line in enumerate(lines, start=1):
        try:
            values = parse(line)
            if _schema(values) != SCHEMA:
                others += 1
                continue
            result = decode(RunResult, values)
        except ValueError as error:
            notices.append(f"Line {number} of {path} is damaged ({error}) and was skipped.")
        else:
            by_id[result.id] = result
    if others:
        subject = f"1 result in {path} was" if others == 1 else f"{others} results in {path} were"
        notices.insert(0, f"{subject} written by another version of alc (schema other than {SCHEMA}) and skipped.")
    if torn:
        notices.append(f"The last line of {path} is incomplete and was skipped; that run will be repeated.")
    return list(by_id.values()), notices


def _schema(values: object) -> Any:
    if not isinstance(values, Mapping) or "schema" not in values:
        raise ValueError("not a result of alc")
    return values["schema"]


def append(path: Path, result: RunResult) -> None:
    """Append a result atomically; it is on disk on return. An incomplete last line is removed first.

    Raises ValueError if it holds NaN or infinity.
    """
    jsonl.append(path, [encode(result)], sync=True)


class ResultLog:
    """Appends results to a file, each run's once."""

    def __init__(self, path: Path) -> None:
        self._path, self._size, self._ids = path, -1, set[str]()

    def append(self, result: RunResult) -> None:
        """Append a result, unless the file has one of this run."""
        if self._size != _size(self._path):  # another process has appended
            self._ids = {each.id for each in read(self._path)[0]}
        if result.id not in self._ids:
            append(self._path, result)
            self._ids.add(result.id)
        self._size = _size(self._path)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
