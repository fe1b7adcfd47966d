"""The way from the app to the terminal: direct, or through tmux, which hands on what is wrapped for it.

tmux knows nothing of what it hands on: positions are those of the whole terminal, and the app computes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alc_tui.errors import UsageError
from alc_tui.tui.graphics.graphic import Graphic, Size
from alc_tui.tui.terminal import tmux
from alc_tui.tui.terminal.tmux import Tmux

MOST_BYTES = 1_000_000
"""tmux drops longer sequences."""
_NOWHERE = (0, 0)


def check(environment: Mapping[str, str], ask: Callable[[], Tmux | None] = tmux.ask_again) -> None:
    """Raise UsageError if the tmux around the app does not hand graphics on."""
    if not environment.get("TMUX"):
        return
    answer = ask()
    if answer is not None and not answer.passes_through:
        raise UsageError(
            "tmux does not pass graphics through to your terminal; run `tmux set -g allow-passthrough on` (tmux 3.3 or "
            "later), or use --preview quadrant."
        )


@dataclass(frozen=True)
class Spot:
    """A graphic and the cell of its upper left corner: column and row, from 0."""

    graphic: Graphic
    corner: Size


class Passage:
    """environment: variables of the process. ask: asks tmux, where the app runs in one."""

    def __init__(self, environment: Mapping[str, str], ask: Callable[[], Tmux | None] = tmux.ask_again) -> None:
        self.is_tmux = tmux.is_inside(environment)
        self._ask = ask if environment.get("TMUX") else lambda: None

    def draw(self, spot: Spot, *sequences: str) -> str:
        """The sequences, drawn from the spot's corner on; the cursor stays where it is."""
        left, top = self._offset()
        column, row = spot.corner
        return self.draw_from(f"\x1b[{top + row + 1};{left + column + 1}H", *sequences)

    def draw_from(self, move: str, *sequences: str) -> str:
        """The sequences, drawn from where `move` takes the cursor; it stays where it is."""
        *others, last = (f"\x1b7{move}{sequences[0]}", *sequences[1:])
        return "".join(map(self.wrap, [*others, f"{last}\x1b8"]))

    def wrap(self, sequence: str) -> str:
        """The sequence as it must be written to reach the terminal."""
        return tmux.wrap(sequence) if self.is_tmux else sequence

    def _offset(self) -> Size:
        """Columns and rows from the terminal's corner to that of the app."""
        answer = self._ask()
        return _NOWHERE if answer is None else answer.offset
