"""The round at a glance: one mark per sample, in the order in which they are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.widget import Widget

from alc_tui.session.labeling.passes import ASIDE, CHANGED, CONFIRMED, OPEN
from alc_tui.tui import palette
from alc_tui.tui.palette import Palette

MARKS = {CONFIRMED: "○", CHANGED: "●", ASIDE: "×", OPEN: "·"}


@dataclass(frozen=True)
class RoundState:
    """outcomes: what has become of each sample of the round. current: the place of the one on the screen, from 0."""

    outcomes: Sequence[str]
    current: int | None


class RoundStrip(Widget):
    """A line that counts the marks, then the marks. If there are more samples than cells, a mark stands for several of
    them: for the open ones, if there are any."""

    def __init__(self) -> None:
        super().__init__()
        self._state = RoundState((), None)

    def show(self, state: RoundState) -> None:
        """Draw the state of a round."""
        if state != self._state:
            self._state = state
            self.refresh()

    def render(self) -> Text:
        """The lines, as wide as the widget."""
        colors, (width, height) = palette.of(self), self.content_size
        drawn = Text(no_wrap=True, overflow="crop")
        counts = Counter(self._state.outcomes)
        for outcome, mark in MARKS.items():
            drawn.append(f"{mark} ", _color(outcome, colors)).append(f"{counts[outcome]:,} {outcome}   ", colors.faint)
        cells, outcomes = width * max(0, height - 1), self._state.outcomes
        per_cell = max(1, -(-len(outcomes) // max(1, cells)))
        for number, start in enumerate(range(0, len(outcomes), per_cell)):
            shown = _together(outcomes[start : start + per_cell])
            is_current = self._state.current is not None and self._state.current // per_cell == number
            drawn.append("\n" * (number % max(1, width) == 0))
            drawn.append(MARKS[shown], f"{_color(shown, colors)}{' reverse bold' if is_current else ''}")
        return drawn


def _together(outcomes: Sequence[str]) -> str:
    return OPEN if OPEN in outcomes else Counter(outcomes).most_common(1)[0][0]


def _color(outcome: str, colors: Palette) -> str:
    return {CONFIRMED: colors.good, CHANGED: colors.given, ASIDE: colors.bad}.get(outcome, colors.faint)
