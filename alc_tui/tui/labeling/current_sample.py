"""The sample currently on the screen, and whether a key can decide it. Independent of widgets."""

from __future__ import annotations

import time

from alc_tui.session.labeling.passes import LabelingPass, QueuePass, ReviewPass, SecondPass, Showing, Undone
from alc_tui.session.labeling.review import Case
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import Verdict, Verdicts
from alc_tui.tui.labeling import texts
from alc_tui.tui.labeling.blind_mode import BlindMode
from alc_tui.tui.labeling.undoing import taken_back
from alc_tui.tui.terminal.delivery import DeliveryConfirmation, is_too_early


class CurrentSample:
    """showing: the sample, None at the end of the pass. readable: whether its image is shown, rather than an error.

    seen_at: when the sample, or the end of the pass, appeared (monotonic), None until then. pressed_at: when the last
    key was pressed (monotonic). is_covered: whether another screen hides it.
    """

    def __init__(
        self,
        service: SessionService,
        labeling_pass: LabelingPass,
        blind_mode: BlindMode,
        delivery: DeliveryConfirmation,
    ) -> None:
        self._service, self._blind_mode, self._delivery = service, blind_mode, delivery
        self.labeling_pass = labeling_pass
        self.showing: Showing | None = None
        self.is_covered = False
        self.readable = False
        self.seen_at: float | None = None
        self.pressed_at = 0.0
        self._seen_before: float | None = None

    def cover(self) -> None:
        """Another screen covers the sample: nothing of it is visible."""
        self.is_covered = True
        self._seen_before, self.seen_at = self.seen_at or self._seen_before, None

    def receive(self, showing: Showing | None, at: float) -> None:
        """The terminal has received this sample, or the end of the pass for None."""
        if showing is self.showing and not self.is_covered:
            self.seen_at = at

    def choose(self, showing: Showing | None) -> bool:
        """A verdict on `showing` was chosen on a screen above it: it counts if the sample had been seen before that.

        Returns whether the sample is still the current one.
        """
        if not _is_same(showing, self.showing):
            return False
        self.seen_at, self.pressed_at = self._seen_before or self.seen_at, time.monotonic()
        return True

    def show(self, showing: Showing | None) -> None:
        """Switch to another sample, which is not visible yet."""
        if not _is_same(showing, self.showing):
            self._seen_before = None
        self.showing, self.seen_at = showing, None
        if showing is not None and not self.is_hidden:
            self._blind_mode.mark_seen(showing.item.sample, showing.occasion)

    def again(self) -> Showing | None:
        """The sample with its current verdict."""
        return None if self.showing is None else self.labeling_pass.refreshed(self.showing)

    def next_after_interruption(self) -> Showing | None:
        """The same sample, or the next one if it has been decided in the meantime."""
        before, again = self.showing, self.again()
        is_unchanged = before is not None and again is not None and again.item.verdict == before.item.verdict
        return again if is_unchanged else self.labeling_pass.next()

    @property
    def is_hidden(self) -> bool:
        """Whether the given label and the model's must not be shown."""
        return self.showing is not None and self._blind_mode.hides(self.showing.item.sample, self.showing.occasion)

    @property
    def verdicts_to_show(self) -> Verdicts | None:
        """The verdicts on other samples that may be shown beside this one: none in a second pass. None in blind mode,
        where given labels are hidden, too."""
        if self._blind_mode.is_on:
            return None
        return Verdicts() if isinstance(self.labeling_pass, SecondPass) else self._service.verdict_history

    @property
    def is_seen(self) -> bool:
        """Whether the sample, or the end of the pass, is visible, so that keys count."""
        return self.seen_at is not None

    @property
    def is_too_early(self) -> bool:
        """Whether the last key was pressed before the current content could be seen."""
        return is_too_early(self.pressed_at, self.seen_at, self._delivery.guard)

    @property
    def case(self) -> Case | None:
        """Why the sample is reviewed; None outside a review."""
        if self.showing is None or not isinstance(self.labeling_pass, ReviewPass):
            return None
        return self.labeling_pass.case(self.showing)

    def refusal(self, label: str | None) -> str:
        """Why the last key cannot decide the sample with this label (None for no label); empty if it can."""
        if self.is_too_early:
            return texts.TOO_EARLY
        return texts.UNSEEN if label is not None and not self.readable else ""

    def decide(self, kind: str, label: str | None, note: str = "") -> str:
        """Save a verdict; returns a status message, raises AlcError if it could not be saved."""
        showing = self.showing
        assert showing is not None, "there is a sample to decide"
        assert self.seen_at is not None, "a key counts only once the sample has appeared"
        verdict = Verdict(kind, label, self.pressed_at - self.seen_at, self.is_hidden, note)
        self.labeling_pass.decide(showing, verdict)
        self._blind_mode.mark_seen(showing.item.sample, showing.occasion)
        given = None if verdict.blind else showing.item.given
        return texts.last_verdict(verdict, given, self._blind_mode.name(showing.item.sample))

    def undo(self) -> tuple[Undone | None, str]:
        """Undo the last verdict of the pass; returns it and a status message, raises AlcError if it could not be
        saved."""
        undone = self.labeling_pass.undo()
        if undone is None:
            return None, texts.nothing_to_undo(self._service, isinstance(self.labeling_pass, QueuePass))
        return undone, taken_back(undone.decision, self._service, self._blind_mode)


def _is_same(one: Showing | None, other: Showing | None) -> bool:
    """Whether both show the same sample, or both none."""
    return (one and one.item.sample) == (other and other.item.sample)
