"""Blind mode: what others say of a sample stays hidden until its first verdict, unless it was seen before."""

from __future__ import annotations

from collections.abc import Iterable

from alc_tui.session.journal import REVIEW, Decision
from alc_tui.session.passes import Showing


class Blindness:
    """Whether it is on, and what one person has seen. enforced: it cannot be switched off."""

    def __init__(self, enforced: bool, own: Iterable[Decision]) -> None:
        """own: the decisions of the person who labels."""
        self.enforced = self.is_on = enforced
        self._seen = {(decision.sample, decision.occasion) for decision in own}

    def hides(self, showing: Showing) -> bool:
        """Whether given label and model's are a secret; never in a review, where one's own verdict is shown."""
        is_new = (showing.item.sample, showing.occasion) not in self._seen
        return self.is_on and is_new and showing.occasion != REVIEW

    def saw(self, showing: Showing) -> None:
        """Everything about this one has been shown, or was decided without."""
        self._seen.add((showing.item.sample, showing.occasion))
