"""Blind mode: what others say of a sample stays hidden until its first verdict, unless it was seen before."""

from __future__ import annotations

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import REVIEW


class Blindness:
    """Whether it is on, and what one person has seen, as long as a session is open. enforced: it stays on."""

    def __init__(self, service: SessionService, always: bool) -> None:
        """always: on and enforced, as it is in a session that is labeled blind."""
        self.enforced = self.is_on = always or service.config.blind
        own = (decision for decision in service.decisions if decision.annotator == service.annotator)
        self._seen = {(decision.sample, decision.occasion) for decision in own}

    def hides(self, sample: str, occasion: str) -> bool:
        """Whether given label and model's are a secret; never in a review, where one's own verdict is shown."""
        return self.is_on and (sample, occasion) not in self._seen and occasion != REVIEW

    def saw(self, sample: str, occasion: str) -> None:
        """Everything about this one has been shown, or was decided without."""
        self._seen.add((sample, occasion))
