"""What the journal amounts to: which verdicts stand, what the current round costs so far, and how fast it goes."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from alc_tui.session.store.journal import EXCLUDE, FLAG, QUEUE, REPEAT, SECOND, SKIP, UNDO, Decision, Verdicts
from alc_tui.session.store.ledger import Ledger, RunningLedger

PACE_WINDOW = 50
"""Decisions that tell how fast a person is now."""
FINAL = {SKIP: "skipped", FLAG: "flagged", EXCLUDE: "excluded"}
"""What has become of a sample that got no label."""


@dataclass(frozen=True)
class Progress:
    """How far a person is. decided of queue: in this round. spent: labels decided in all rounds, of the budget.

    pace: median seconds of the last decisions, None before the first.
    """

    round: int
    rounds: int
    decided: int
    queue: int
    spent: int
    budget: int
    ledger: Ledger
    pace: float | None


class Standing:
    """The fold of a journal, with the round `number` apart; kept up to date decision by decision."""

    def __init__(self, decisions: Iterable[Decision], number: int, given: Callable[[str], str]) -> None:
        """given: the given label of a sample by its id."""
        self._number, self._given = number, given
        self.verdicts = Verdicts()
        self._ledger = RunningLedger(given)
        self._seconds: list[float] = []
        for decision in decisions:
            self.add(decision)

    def add(self, decision: Decision) -> None:
        """Take in the next decision of the journal."""
        self.verdicts.add(decision)
        if decision.round == self._number:
            self._ledger.add(decision)
            if decision.occasion in (QUEUE, REPEAT) and decision.kind != UNDO:
                self._seconds.append(decision.seconds)

    def ledger(self) -> Ledger:
        """What the round costs so far."""
        return self._ledger.total()

    def pace(self) -> float | None:
        """Median seconds of the round's last decisions, None before the first."""
        return statistics.median(self._seconds[-PACE_WINDOW:]) if self._seconds else None

    def flow(self) -> dict[tuple[str, str], int]:
        """How many decided samples came with which given label and ended with which answer."""
        standing = self.verdicts.all().values()
        return dict(Counter((self._given(v.sample), FINAL.get(v.kind, v.answer)) for v in standing))

    def last(
        self, occasions: Collection[str], annotator: str, among: Collection[str] | None, number: int
    ) -> Decision | None:
        """The last verdict of these occasions that is not taken back: an annotator's own where it stands apart.

        among: the samples it may be on, None for any. number: the round it is of; those of a second pass count anyway.
        """
        found = [verdict for verdict in self.verdicts.all().values() if verdict.occasion in occasions]
        for occasion in {SECOND, REPEAT} & set(occasions):
            found += [verdict for verdict in self.verdicts.all_aside(occasion) if verdict.annotator == annotator]
        candidates = (
            verdict
            for verdict in found
            if (among is None or verdict.sample in among) and (verdict.occasion == SECOND or verdict.round == number)
        )
        return max(candidates, key=lambda verdict: verdict.seq, default=None)
