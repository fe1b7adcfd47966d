"""What all passes have in common: what they show, what they decide, and what they undo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from alc_tui.session.labeling.items import Item
from alc_tui.session.store.journal import QUEUE, Decision, Verdict


@dataclass(frozen=True)
class Showing:
    """A sample as shown to the annotator. number: its position in the pass, from 1 to `of`. occasion: that of its
    verdict. sampler: the one that ranked it, if it was ranked.

    ranked: how many samples were ranked with it; None if the rank is hidden because it would reveal silent repeats.
    """

    item: Item
    number: int
    of: int
    sampler: str
    occasion: str = QUEUE
    ranked: int | None = None


@dataclass(frozen=True)
class Undone:
    """What an undo took back. showing: the sample to show now, None if all others are decided."""

    decision: Decision
    showing: Showing | None


class LabelingPass(Protocol):
    """A sequence of samples."""

    @property
    def title(self) -> str:
        """Its heading."""

    def next(self) -> Showing | None:
        """The first undecided sample, None if all are decided."""

    def upcoming(self, count: int) -> list[Item]:
        """The samples that will probably come next, to be drawn in advance."""

    def decide(self, showing: Showing, verdict: Verdict) -> None:
        """Write a verdict to disk; raises AlcError if it is rejected."""

    def undo(self) -> Undone | None:
        """Undo the last verdict of this pass; returns it, None if there is nothing to undo."""

    def refreshed(self, showing: Showing) -> Showing:
        """The same sample in its current state."""
