"""The pass over the current round: its queue, in the order in which it is labeled."""

from __future__ import annotations

from itertools import islice

from alc_tui.data.random_streams import random_stream
from alc_tui.session.labeling.items import Item
from alc_tui.session.labeling.passes.labeling_pass import Showing, Undone
from alc_tui.session.labeling.repeats import Slot, showing_order
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import GRID, QUEUE, REPEAT, ROUND, Verdict

OPEN, CONFIRMED, CHANGED, ASIDE = "open", "confirmed", "changed", "set aside"
"""What has become of a sample, compared with its given label."""


class QueuePass:
    """The queue of the current round, with its silent repeats, then the samples that can be decided ahead."""

    def __init__(self, service: SessionService) -> None:
        self._service = service
        self._number = service.round
        self._queue: list[str] | None = None
        self._order: list[Slot] = []
        self._first_open = self._known = 0

    @property
    def _slots(self) -> list[Slot]:
        """The queue as it is shown, read again when it has changed; that of a round finished early has no repeats."""
        service = self._service
        if self._queue is not service.queue:
            self._queue = service.queue
            rng = random_stream(service.config.seed, "repeat", service.round)
            repeat = 0.0 if service.is_finished_early else service.config.repeat
            self._order = showing_order(len(service.queue), repeat, rng)
            self._first_open = self._known = 0
        return self._order

    @property
    def title(self) -> str:
        """The round of the sample that was shown last."""
        return f"round {self._number} of {self._service.config.rounds}"

    @property
    def is_over(self) -> bool:
        """Whether the queue is decided, so that its round can be retrained."""
        return self._find_open() is None

    def count_open(self) -> tuple[int, int]:
        """How many images of the queue are still to be decided, and of how many; silent repeats count like others."""
        return sum(map(self._may_open, self._slots)), len(self._slots)

    def next(self) -> Showing | None:
        """See `LabelingPass`."""
        index = self._find_open()
        if index is not None:
            return self._showing(index)
        ahead = self._service.ahead(1)
        return self._ahead(ahead[0]) if ahead else None

    def upcoming(self, count: int) -> list[Item]:
        """See `LabelingPass`."""
        later = filter(self._may_open, self._slots[self._first_open + 1 :])
        items = [self._service.item(place) for place, _ in islice(later, count)]
        return items or self._service.ahead(count + 1)[1:]

    def decide(self, showing: Showing, verdict: Verdict) -> None:
        """See `LabelingPass`."""
        sample = showing.item.sample
        is_first = showing.occasion == REPEAT or self._service.verdict(sample) is None
        before = len(self._service.decisions)
        self._service.decide(sample, verdict, showing.occasion, showing.item.suggestion)
        if is_first and before == self._known:
            self._known = len(self._service.decisions)

    def finish(self) -> None:
        """Finish the round early, see `SessionService.finish_round`."""
        self._service.finish_round()

    def undo(self) -> Undone | None:
        """See `LabelingPass`."""
        undone = self._service.undo((QUEUE, GRID, REPEAT))
        if undone is None:
            return None
        showing = self.next() if undone.occasion == ROUND else self._of(undone.sample, undone.occasion)
        return Undone(undone, showing)

    def refreshed(self, showing: Showing) -> Showing:
        """See `LabelingPass`."""
        return self._of(showing.item.sample, showing.occasion)

    def at(self, sample: str) -> Showing:
        """A sample of the queue, to be decided out of order."""
        return self._of(sample, QUEUE)

    def outcomes(self) -> list[str]:
        """What has become of each sample, in the order in which they are shown."""
        return [self._outcome(slot) for slot in self._slots]

    def _find_open(self) -> int | None:
        """The index of the first open slot, searched from the last one found.

        Only first verdicts that this pass records open no earlier slot; after any other, all slots are searched.
        """
        slots, known, frozen = self._slots, len(self._service.decisions), self._service.frozen
        start = self._first_open if known == self._known and not frozen else 0
        self._known = -1 if frozen else known  # repeats are closed while the round is being retrained
        indices = range(start, len(slots))
        self._first_open = next((index for index in indices if self._is_open(slots[index])), len(slots))
        return self._first_open if self._first_open < len(slots) else None

    def _of(self, sample: str, occasion: str) -> Showing:
        if sample not in self._service.queue:
            return self._ahead(self._service.item_of(sample))
        return self._showing(self._slots.index((self._service.queue.index(sample), occasion == REPEAT)))

    def _is_open(self, slot: Slot) -> bool:
        place, is_repeat = slot
        sample = self._service.queue[place]
        first = self._service.verdict(sample)
        if not is_repeat:
            return first is None
        is_own = first is not None and first.occasion == QUEUE and first.annotator == self._service.annotator
        return is_own and self._service.own_separate_verdict(REPEAT, sample) is None and not self._service.frozen

    def _outcome(self, slot: Slot) -> str:
        place, is_repeat = slot
        sample, service = self._service.queue[place], self._service
        verdict = service.own_separate_verdict(REPEAT, sample) if is_repeat else service.verdict(sample)
        if verdict is None:
            return OPEN
        if verdict.label is None:
            return ASIDE
        return CONFIRMED if verdict.label == service.given_label(sample) else CHANGED

    def _may_open(self, slot: Slot) -> bool:
        """Whether it is undecided, or a repeat whose first showing is undecided."""
        place, is_repeat = slot
        return self._is_open(slot) or (is_repeat and self._service.verdict(self._service.queue[place]) is None)

    def _showing(self, index: int) -> Showing:
        place, is_repeat = self._slots[index]
        occasion = REPEAT if is_repeat else QUEUE
        self._number = self._service.round
        item = self._service.item(place)
        # Samples decided ahead lie anywhere in the queue of a live session.
        is_counted = self._service.config.live and item.verdict is None
        number = sum(not self._may_open(slot) for slot in self._slots) if is_counted else index
        return Showing(item, number + 1, len(self._slots), self._service.sampler, occasion, self._ranked)

    def _ahead(self, item: Item) -> Showing:
        """A sample to be decided ahead, for the next round."""
        decided, self._number = list(self._service.decided_ahead), self._service.round + 1
        number = decided.index(item.sample) if item.sample in decided else len(decided)
        budget = self._service.config.budget or 0
        return Showing(item, number + 1, budget, self._service.sampler, QUEUE, self._ranked)

    @property
    def _ranked(self) -> int | None:
        return None if self._service.config.repeat else self._service.ranked
