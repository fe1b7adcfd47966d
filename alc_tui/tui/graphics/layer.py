"""The graphics on the terminal: drawn at the end of each frame, over the cells that were painted in it.

Widgets say what should be on the screen now; the layer draws what is missing, draws again what text has erased, and
deletes what is left over. So whatever covers, moves or closes a widget needs no word to the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from alc_tui.tui.graphics.passage import Passage, Spot

Cells = tuple[int, int, int]
"""Cells of a row: row, first column, and the column after the last one."""


class Overlay(Protocol):
    """A widget that lies over others, such as a notification."""

    def refresh(self) -> object:
        """Paint it again."""


class Owner(Protocol):
    """A widget that has a graphic."""

    def graphic_spot(self) -> Spot | None:
        """What should be on the screen now; None while nothing should."""

    def overlays(self) -> Sequence[Overlay]:
        """What lies over the graphic."""


class Layer:
    """write: writes to the terminal. passage: the way there."""

    def __init__(self, write: Callable[[str], object], passage: Passage) -> None:
        self._write, self._passage = write, passage
        self._drawn: dict[Owner, Spot | None] = {}
        self._overwritten: set[Owner] = set()
        self._lowered: set[Owner] = set()

    def add(self, owner: Owner) -> None:
        """The owner may want a graphic at the end of this frame and of all later ones, until it wants none."""
        self._drawn.setdefault(owner, None)

    def overwrite(self, cells: Iterable[Cells]) -> None:
        """These cells are written in the current frame: that may erase a graphic, or put an overlay on it."""
        written = tuple(cells)
        for owner, spot in self._drawn.items():
            if spot is not None and any(_overlaps(spot, one) for one in written):
                self._overwritten.add(owner)

    def draw(self) -> None:
        """Make the terminal show what the owners want; at the end of a frame."""
        wanted = {owner: spot for owner in self._drawn if (spot := owner.graphic_spot()) is not None}
        text = "".join(self._missing(owner, spot) for owner, spot in wanted.items())
        text += self._removals({spot.graphic.remove for spot in wanted.values()})
        self._drawn = dict(wanted)
        self._overwritten &= wanted.keys()
        self._lowered &= wanted.keys()
        if text:
            self._write(text)

    def redraw_in_tmux(self) -> None:
        """The app has the focus again: tmux may have shown another window meanwhile, and knows nothing of graphics."""
        if self._passage.is_tmux:
            self._overwritten |= self._drawn.keys()
            self.draw()

    def clear(self) -> None:
        """Delete all graphics from the terminal, because the app leaves it."""
        if text := self._removals(set()):
            self._write(text)
        for owners in (self._drawn, self._overwritten, self._lowered):
            owners.clear()

    def _missing(self, owner: Owner, spot: Spot) -> str:
        """What draws the graphic if it is new or elsewhere, or brings it up to date with what was painted over it."""
        is_new = spot != self._drawn[owner]
        if not is_new and owner not in self._overwritten:
            return ""
        overlays, is_erased = owner.overlays(), not spot.graphic.remove
        if is_erased and overlays and not is_new:
            return ""  # drawn again once nothing lies over it
        self._overwritten.discard(owner)
        if is_new:
            self._lowered.discard(owner)
            for overlay in overlays:
                overlay.refresh()
        show = self._passage.draw(spot, *spot.graphic.show) if is_new or is_erased else ""
        return show + self._stacked(owner, spot, bool(overlays))

    def _stacked(self, owner: Owner, spot: Spot, must_be_low: bool) -> str:
        """What puts the graphic below its overlays, or above all cells if there are none."""
        graphic = spot.graphic
        if not graphic.lower or must_be_low == (owner in self._lowered):
            return ""
        self._lowered.symmetric_difference_update({owner})
        return self._passage.draw(spot, graphic.lower if must_be_low else graphic.lift)

    def _removals(self, kept: set[str]) -> str:
        drawn = {spot.graphic.remove for spot in self._drawn.values() if spot is not None}
        return "".join(map(self._passage.wrap, sorted(drawn - kept - {""})))


def _overlaps(spot: Spot, cells: Cells) -> bool:
    (column, row), (columns, rows) = spot.corner, spot.graphic.cells
    written, first, end = cells
    return row <= written < row + rows and first < column + columns and column < end
