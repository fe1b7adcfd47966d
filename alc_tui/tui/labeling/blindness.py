"""Blind mode: the labels of others stay hidden until a sample's first verdict, unless they were seen before."""

from __future__ import annotations

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import REVIEW


class Blindness:
    """Whether blind mode is on, and what one annotator has seen while a session is open. enforced: it stays on."""

    def __init__(self, service: SessionService, always: bool) -> None:
        """always: on and enforced, as it also is in a session that is labeled blind."""
        self.enforced = self.is_on = always or service.config.blind
        own = (decision for decision in service.decisions if decision.annotator == service.annotator)
        self._seen = {(decision.sample, decision.occasion) for decision in own}

    def hides(self, sample: str, occasion: str) -> bool:
        """Whether the given label and the model's are hidden; never in a review, which shows one's own verdict."""
        return self.is_on and (sample, occasion) not in self._seen and occasion != REVIEW

    def mark_seen(self, sample: str, occasion: str) -> None:
        """The labels of this sample were shown, or it was decided without them."""
        self._seen.add((sample, occasion))
