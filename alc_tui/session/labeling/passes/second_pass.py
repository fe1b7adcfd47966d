"""The pass of another annotator over a decided round."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from alc_tui.errors import UsageError
from alc_tui.session.labeling.items import Item
from alc_tui.session.labeling.passes.labeling_pass import Showing, Undone
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import SECOND, Verdict, Verdicts


class SecondPass:
    """A round's samples that others have decided, for another annotator, who does not see their verdicts."""

    def __init__(self, service: SessionService) -> None:
        """Chooses the last round with samples that others have decided and this annotator has not, else the last one
        that others have decided; raises UsageError if there is none."""
        self._service = service
        others = {
            sample: service.verdict_history.given(sample)[0].round
            for sample in service.verdicts()
            if sample not in service.decided_ahead
            and all(verdict.annotator != service.annotator for verdict in service.verdict_history.given(sample))
        }
        if not others:
            raise UsageError(
                f"Nobody except {service.annotator!r} has labeled samples in session {service.folder.name!r}, so a "
                "second pass is not possible; specify your name with --annotator."
            )
        unseen = [number for sample, number in others.items() if service.own_separate_verdict(SECOND, sample) is None]
        number = max(unseen or others.values())
        self.title = f"second pass of round {number}"
        self._queue, self._sampler = service.queue_of(number), service.config.sampler_of(number)
        self._places = [place for place, sample in enumerate(self._queue.ids) if sample in others]

    def next(self) -> Showing | None:
        """See `LabelingPass`."""
        return next(self._open(0), None)

    def upcoming(self, count: int) -> list[Item]:
        """See `LabelingPass`."""
        return [showing.item for showing in islice(self._open(1), count)]

    def decide(self, showing: Showing, verdict: Verdict) -> None:
        """See `LabelingPass`."""
        self._service.decide(showing.item.sample, verdict, SECOND, showing.item.suggestion)

    def undo(self) -> Undone | None:
        """See `LabelingPass`."""
        samples = [self._queue.ids[place] for place in self._places]
        undone = self._service.undo((SECOND,), among=set(samples))
        return None if undone is None else Undone(undone, self._showing(samples.index(undone.sample)))

    def refreshed(self, showing: Showing) -> Showing:
        """See `LabelingPass`."""
        return self._showing(showing.number - 1)

    def _open(self, skip: int) -> Iterator[Showing]:
        for index, place in enumerate(self._places):
            if self._service.own_separate_verdict(SECOND, self._queue.ids[place]) is None:
                if skip == 0:
                    yield self._showing(index)
                skip = max(0, skip - 1)

    def _showing(self, index: int) -> Showing:
        item = self._queue.item(self._places[index], Verdicts())
        return Showing(item, index + 1, len(self._places), self._sampler, SECOND, self._queue.ranked)
