"""The contents of a session's document as dataclasses: one session record, and one record per finished round.

Their JSON form is `SCHEMA` 1, as in all versions so far; `document` reads and writes it. Fields missing from earlier
versions have default values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alc_tui.session.settings.config import Config
from alc_tui.session.settings.training_time import Estimate
from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.typed_json import FLAT, as_json, encode, stored_as

SCHEMA = 1

Interval = tuple[float, float]
"""The lower and upper end of a 95% interval."""


def _time(value: object) -> str:
    """A time in ISO 8601, as stored; raises ValueError for anything else."""
    text = str(value)
    datetime.fromisoformat(text)
    return text


@dataclass(frozen=True, kw_only=True)
class DatasetRecord:
    """The data set. root: its folder, or its file. validation: whether its validation split was provided (`given`) or
    drawn at random (`drawn`), None if unknown. splits: samples by `train`, `val`, `test`."""

    name: str
    root: str
    validation: str | None = None
    splits: Mapping[str, int]


@dataclass(frozen=True)
class BadImageRecord:
    """An image that was skipped, and why it could not be read."""

    locator: str
    reason: str


@dataclass(frozen=True)
class DuplicateGroup:
    """Samples with identical images: one id, given class, and split per sample."""

    ids: tuple[str, ...]
    classes: tuple[str, ...]
    splits: tuple[str, ...]


@dataclass(frozen=True)
class Retraining:
    """A round whose retraining has started. position: the number of journal decisions that it uses."""

    round: int
    position: int


@dataclass(frozen=True, kw_only=True)
class SessionRecord:
    """The record of a session. created: UTC, ISO 8601. origins: where each setting came from, by its name.

    estimated_noise: the estimated share of wrong labels in [0, 1], None if it was not estimated; noise_interval: its
    95 % interval, and noise_basis: how it was estimated, see `lnl.estimate.NoiseEstimate`; both None in sessions of
    versions up to 0.4. estimate: of the training time, None if unknown. retraining: the last one that was started,
    None before the first.
    """

    schema: int = SCHEMA
    alc_version: str
    created: str = field(metadata=as_json(str, _time))
    config: Config = field(metadata=as_json(Config.as_dict, Config.from_dict))
    origins: Mapping[str, str]
    dataset: DatasetRecord
    classes: tuple[str, ...]
    device: str
    bad: tuple[BadImageRecord, ...] = ()
    duplicates: tuple[DuplicateGroup, ...] = field(default=(), metadata=stored_as("twins"))
    estimated_noise: float | None = None
    noise_interval: Interval | None = None
    noise_basis: str | None = None
    estimate: Estimate | None = None
    retraining: Retraining | None = None

    def is_frozen(self, number: int) -> bool:
        """Whether the decisions of round `number` are used by a retraining and can no longer be changed."""
        return self.retraining is not None and self.retraining.round == number


@dataclass(frozen=True)
class MacroF1:
    """Macro-F1 in [0, 1] at the best epoch by validation and at the last one."""

    best: float
    last: float


@dataclass(frozen=True)
class Scores:
    """Scores on the test set. Per-class values are in the order of the session's classes.

    auroc: one-vs-rest, None where a class has no test image or all of them. confusion: C × C counts; rows: the truth.
    """

    macro_f1: float
    balanced_accuracy: float
    accuracy: float
    mcc: float
    auroc: float | None
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]
    auroc_per_class: tuple[float | None, ...]
    support: tuple[int, ...]
    confusion: tuple[tuple[int, ...], ...]

    def has_classes(self, count: int) -> bool:
        """Whether all values are there for this number of classes."""
        per_class = (self.precision, self.recall, self.f1, self.auroc_per_class, self.support, self.confusion)
        return all(len(values) == count for values in (*per_class, *self.confusion))


@dataclass(frozen=True)
class RoundScores:
    """Scores at the best epoch by validation and at the last one."""

    best: Scores
    last: Scores


@dataclass(frozen=True)
class Intervals:
    """95 % intervals of macro-F1 and, by class name, of the F1 of each class: of the scores, or of their change."""

    macro_f1: Interval
    f1: Mapping[str, Interval]


@dataclass(frozen=True)
class SelectionScores:
    """The quality of LNL's clean set, if the truth is known (Khanal et al. 2024, Table 1). Each in [0, 1].

    precision: the share of the clean set with a correct given label, None for an empty clean set. recall: the share of
    the truly clean samples that are in it. guess: that recall by class name, None for a class without a truly clean
    sample.
    """

    precision: float | None
    recall: float | None
    guess: Mapping[str, float | None]


@dataclass(frozen=True, kw_only=True)
class RoundRecord:
    """One finished round; round 0 is the state after LNL.

    ledger: its labeling cost. decided_total: labels decided so far, in all rounds. queued: length of the next
    round's queue. clean_size: samples in the clean set; clean_per_class: the same by current label. macro_f1, f1 (by
    class name, at the best epoch), scores: on the test set. best_epoch: from 0. interval, change: of the scores at the
    best epoch, and of their difference from the previous round. validation: macro-F1 after each epoch. seconds:
    duration of the training. forget_rate, selection: of LNL. peers: of the summed outputs of both peers. all_epochs:
    mean test macro-F1 over all epochs, by network. focus: the focus class with which the next round was ranked.
    """

    round: int
    ledger: Ledger = field(metadata=FLAT)
    decided_total: int
    queued: int
    clean_size: int
    clean_per_class: Mapping[str, int] | None = None
    macro_f1: MacroF1
    f1: Mapping[str, float]
    best_epoch: int
    scores: RoundScores
    interval: Intervals | None = None
    change: Intervals | None = None
    validation: tuple[float, ...]
    seconds: float
    forget_rate: float | None = None
    selection: SelectionScores | None = None
    peers: MacroF1 | None = None
    all_epochs: Mapping[str, float] | None = None
    focus: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The record as stored, JSON-serializable."""
        return encode(self)

    def problem(self, classes: Sequence[str]) -> str | None:
        """What does not fit a session of these classes, None if everything does."""
        by_class: dict[str, Mapping[str, object]] = {"f1": self.f1}
        if self.clean_per_class is not None:
            by_class["clean_per_class"] = self.clean_per_class
        if self.selection is not None:
            by_class["selection.guess"] = self.selection.guess
        for intervals, name in ((self.interval, "interval"), (self.change, "change")):
            if intervals is not None:
                by_class[f"{name}.f1"] = intervals.f1
        for name, values in by_class.items():
            if set(classes) - values.keys():
                return f"{name} lacks a class"
        for name, scores in (("best", self.scores.best), ("last", self.scores.last)):
            if not scores.has_classes(len(classes)):
                return f"scores.{name}: expected {len(classes)} classes"
        return None
