"""Blind mode: the given label and the suggestion are hidden until a sample's first verdict, unless they have already
been seen."""

from __future__ import annotations

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import REVIEW


class BlindMode:
    """Whether blind mode is on, and which labels an annotator has seen while a session is open. enforced: it cannot be
    turned off."""

    def __init__(self, service: SessionService, always: bool) -> None:
        """always: enforce blind mode, which a session with the setting `blind` also does."""
        self.enforced = self.is_on = always or service.config.blind
        own = (decision for decision in service.decisions if decision.annotator == service.annotator)
        self._seen = {(decision.sample, decision.occasion) for decision in own}

    def hides(self, sample: str, occasion: str) -> bool:
        """Whether the given label and the model's are hidden; never in a review, which shows the current verdict."""
        return self.is_on and (sample, occasion) not in self._seen and occasion != REVIEW

    def mark_seen(self, sample: str, occasion: str) -> None:
        """The labels of this sample were shown, or it was decided without them."""
        self._seen.add((sample, occasion))
