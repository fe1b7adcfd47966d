"""The pass over decided samples that deserve a second look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alc_tui.session.labeling.items import Item
from alc_tui.session.labeling.passes.labeling_pass import Showing, Undone
from alc_tui.session.labeling.review import Case
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import QUEUE, REVIEW, Verdict


class ReviewPass:
    """Reviews decided samples, starting at one of them."""

    def __init__(self, service: SessionService, cases: Sequence[Case], start: int = 0) -> None:
        self._service, self._cases, self._at = service, list(cases), start
        self._decided: list[int] = []
        self.title = "review"

    def next(self) -> Showing | None:
        """See `LabelingPass`."""
        return self._showing(self._at) if self._at < len(self._cases) else None

    def upcoming(self, count: int) -> list[Item]:
        """See `LabelingPass`."""
        later = self._cases[self._at + 1 : self._at + 1 + count]
        return [self._service.item_of(case.sample) for case in later]

    def decide(self, showing: Showing, verdict: Verdict) -> None:
        """See `LabelingPass`; a review is never blind, because the current verdict is shown."""
        self._service.review(showing.item.sample, replace(verdict, blind=False))
        self._decided.append(showing.number - 1)
        self._at = showing.number

    def undo(self) -> Undone | None:
        """See `LabelingPass`."""
        if not self._decided:
            return None
        undone = self._service.undo((QUEUE, REVIEW), among={self._cases[self._decided[-1]].sample})
        if undone is None:
            return None
        self._at = self._decided.pop()
        return Undone(undone, self._showing(self._at))

    def refreshed(self, showing: Showing) -> Showing:
        """See `LabelingPass`."""
        return self._showing(showing.number - 1)

    def case(self, showing: Showing) -> Case:
        """Why this sample is reviewed."""
        return self._cases[showing.number - 1]

    def _showing(self, index: int) -> Showing:
        item = self._service.item_of(self._cases[index].sample)
        return Showing(item, index + 1, len(self._cases), self._service.sampler, REVIEW, self._service.ranked)
