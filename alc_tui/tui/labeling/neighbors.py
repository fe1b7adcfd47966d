"""The nearest clean samples, small and with their labels, as far as there is room for them."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from alc_tui.session.labeling.items import Item
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.widgets.thumbnails import GAP, Thumbnail, Thumbnails

SHOWN = 4
LARGEST = (8, 3)
"""Columns and rows of an image: four of them are bytes on somebody's line too."""
SMALLEST = (6, 3)
_WORDS = 2
"""Rows for what they are, and for their labels."""


class Neighbors(Vertical):
    """Shown where there is room, until they are not wanted."""

    def __init__(self, painter: Painter) -> None:
        super().__init__()
        self._painter = painter
        self._item: Item | None = None
        self._hidden = False
        self._room = (0, 0)
        self._wanted = True

    def compose(self) -> ComposeResult:
        """What they are, and the images."""
        yield Static("nearest clean samples", markup=False, id="nearest")
        yield Thumbnails(self._painter, SMALLEST)

    def show(self, item: Item, hidden: bool) -> None:
        """Show the neighbors of this sample; none for `hidden`, for their labels tell what the model believes."""
        self._item, self._hidden = item, hidden
        near = () if hidden else item.neighbors[:SHOWN]
        self.query_one(Thumbnails).show([Thumbnail(one.position, one.label) for one in near])
        self._fit()

    def prepare(self, items: Sequence[Item]) -> None:
        """Draw the neighbors of these samples ahead."""
        if self.display:
            near = [one.position for item in items for one in item.neighbors[:SHOWN]]
            self.query_one(Thumbnails).prepare(near)

    def toggle(self) -> None:
        """Show them no more, or again."""
        self._wanted = not self._wanted
        self._fit()

    def fit(self, width: int, height: int) -> None:
        """Be as large as that room allows, or nothing at all."""
        self._room = width, height
        self._fit()

    def _fit(self) -> None:
        width, height = self._room
        columns = min(LARGEST[0], (width + GAP) // SHOWN - GAP)
        rows = min(LARGEST[1], height - _WORDS, -(-columns * 3 // 8))
        has_room = columns >= SMALLEST[0] and rows >= SMALLEST[1]
        has_any = self._item is not None and bool(self._item.neighbors) and not self._hidden
        self.display = self._wanted and has_room and has_any
        if self.display:
            self.query_one(Thumbnails).area = (columns, rows)
            self.styles.height = rows + _WORDS
