"""The ledger: the labeling cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

from alc_tui.session.store.journal import (
    EXCLUDE,
    FLAG,
    GRID,
    LABEL,
    QUEUE,
    REPEAT,
    REVIEW,
    SKIP,
    UNDO,
    Decision,
    Verdicts,
)


@dataclass(frozen=True)
class Ledger:
    """Counts for one round. shown: samples with a current verdict. confirmed, changed: labels equal to or different
    from the given label. undone: undone verdicts. label_seconds: annotation time, including undone verdicts.
    free_corrections: labels corrected without a decision."""

    shown: int = 0
    confirmed: int = 0
    changed: int = 0
    skipped: int = 0
    flagged: int = 0
    excluded: int = 0
    undone: int = 0
    repeated: int = 0
    reviewed: int = 0
    label_seconds: float = 0.0
    free_corrections: int = 0

    def as_dict(self) -> dict[str, int | float]:
        """The counts by name."""
        return asdict(self)


class RunningLedger:
    """The ledger of one round, updated decision by decision in constant time.

    given: the given label of a sample by its id.
    """

    def __init__(self, given: Callable[[str], str], decisions: Iterable[Decision] = ()) -> None:
        self._given = given
        self._verdicts = Verdicts()
        self._counts: Counter[str] = Counter()
        self._seconds = 0.0
        for decision in decisions:
            self.add(decision)

    def add(self, decision: Decision) -> None:
        """Count the next decision of the round; those of a second annotator do not count."""
        if decision.occasion in (QUEUE, GRID):
            self._count(decision.sample, -1)
            self._verdicts.add(decision)
            self._count(decision.sample, 1)
            self._counts["undone"] += decision.kind == UNDO
        elif decision.occasion in _COUNT_OF_OCCASION:
            self._counts[_COUNT_OF_OCCASION[decision.occasion]] += -1 if decision.kind == UNDO else 1
        else:
            return
        self._seconds += decision.seconds

    def total(self) -> Ledger:
        """The ledger so far."""
        return Ledger(**self._counts, label_seconds=round(self._seconds, 3))

    def _count(self, sample: str, step: int) -> None:
        verdict = self._verdicts.of(sample)
        if verdict is None:
            return
        self._counts["shown"] += step
        if verdict.kind == LABEL:
            self._counts["confirmed" if verdict.label == self._given(sample) else "changed"] += step
        else:
            self._counts[_COUNT_OF_KIND[verdict.kind]] += step


_COUNT_OF_OCCASION = {REPEAT: "repeated", REVIEW: "reviewed"}
_COUNT_OF_KIND = {SKIP: "skipped", FLAG: "flagged", EXCLUDE: "excluded"}


def total(ledgers: Iterable[Ledger]) -> Ledger:
    """The sum of some ledgers."""
    sums: Counter[str] = Counter()
    for each in ledgers:
        sums.update(each.as_dict())
    return Ledger(**sums)


def ledger(decisions: Iterable[Decision], given: Mapping[str, str]) -> Ledger:
    """The ledger of the decisions of one round. given: the given label by sample id."""
    return RunningLedger(given.__getitem__, decisions).total()
