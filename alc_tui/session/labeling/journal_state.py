"""The state derived from the journal: current verdicts, the cost of the current round so far, and the labeling
speed."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from alc_tui.session.store.journal import (
    EXCLUDE,
    FINISH,
    FLAG,
    GRID,
    QUEUE,
    REPEAT,
    ROUND,
    SECOND,
    SKIP,
    UNDO,
    WITHOUT_SAMPLE,
    Decision,
    Verdicts,
)
from alc_tui.session.store.ledger import Ledger, RunningLedger

PACE_WINDOW = 50
"""Number of recent decisions used to compute the labeling speed."""
FEWEST = 5
"""Number of decisions from which on there is a labeling speed."""
FINAL = {SKIP: "skipped", FLAG: "flagged", EXCLUDE: "excluded"}
"""The outcome for a sample without a label, by the kind of its verdict."""


@dataclass(frozen=True)
class LabelingProgress:
    """The progress of labeling. decided: samples with a verdict in this round, of `queue`. spent: labels decided in all
    rounds and ahead, of `budget`. ledger: of this round. pace: median seconds per decision for recent decisions, None
    before the fifth one.
    """

    round: int
    rounds: int
    decided: int
    queue: int
    spent: int
    budget: int
    ledger: Ledger
    pace: float | None


class JournalState:
    """The fold of a journal, with the costs of round `number`. Updated decision by decision.

    ahead: the samples with decisions for the queue of the next round, undone ones included, in order. finish: the
    decision that finished the round early, None if there is none.
    """

    def __init__(self, decisions: Iterable[Decision], number: int, given: Callable[[str], str]) -> None:
        """given: the given label of a sample by its id."""
        self._number, self._given = number, given
        self.verdicts = Verdicts()
        self._ledger, self._ahead_ledger = RunningLedger(given), RunningLedger(given)
        self.ahead: dict[str, None] = {}
        self.finish: Decision | None = None
        self._seconds: list[float] = []
        for decision in decisions:
            self.add(decision)

    def add(self, decision: Decision) -> None:
        """Fold in the next decision of the journal."""
        self.verdicts.add(decision)
        if decision.occasion == ROUND:
            if decision.round == self._number:
                self.finish = decision if decision.kind == FINISH else None
        elif decision.occasion in WITHOUT_SAMPLE:
            return
        elif decision.round == self._number:
            self._ledger.add(decision)
            if decision.occasion in (QUEUE, REPEAT) and decision.kind != UNDO:
                self._seconds.append(decision.seconds)
        elif decision.round == self._number + 1 and decision.occasion in (QUEUE, GRID):
            self._ahead_ledger.add(decision)
            self.ahead[decision.sample] = None

    def labels(self) -> int:
        """The number of labels decided in the round, and ahead for the next one."""
        return sum(ledger.confirmed + ledger.changed for ledger in (self._ledger.total(), self._ahead_ledger.total()))

    def ledger(self) -> Ledger:
        """The cost of the round so far."""
        return self._ledger.total()

    def pace(self) -> float | None:
        """Median seconds per decision for the round's recent decisions, None for too few of them."""
        return statistics.median(self._seconds[-PACE_WINDOW:]) if len(self._seconds) >= FEWEST else None

    def flow(self) -> dict[tuple[str, str], int]:
        """The number of decided samples by given label and outcome."""
        standing = self.verdicts.all().values()
        return dict(Counter((self._given(v.sample), FINAL.get(v.kind, v.answer)) for v in standing))

    def last(
        self, occasions: Collection[str], annotator: str, among: Collection[str] | None, number: int
    ) -> Decision | None:
        """The last verdict of these occasions that was not undone; for `second` and `repeat`, the annotator's own.

        among: limits the samples, None for any. number: the first round whose verdicts count, except in a second pass.
        """
        verdicts = [verdict for verdict in self.verdicts.all().values() if verdict.occasion in occasions]
        for occasion in {SECOND, REPEAT} & set(occasions):
            verdicts += [
                verdict for verdict in self.verdicts.separate_verdicts(occasion) if verdict.annotator == annotator
            ]
        candidates = (
            verdict
            for verdict in verdicts
            if (among is None or verdict.sample in among) and (verdict.occasion == SECOND or verdict.round >= number)
        )
        return max(candidates, key=lambda verdict: verdict.seq, default=None)
