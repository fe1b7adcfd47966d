"""Shows the nearest clean samples as thumbnails with their labels, if there is space."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from alc_tui.session.labeling.items import Item
from alc_tui.tui.labeling.thumbnails import GAP, Thumbnail, Thumbnails
from alc_tui.tui.pictures.painter import Painter

SHOWN = 4
LARGEST = (8, 3)
"""Columns and rows of an image; kept small to save bandwidth on slow connections."""
SMALLEST = (6, 3)
_TEXT_ROWS = 2
"""Rows for the title and for the labels."""


class Neighbors(Vertical):
    """Shown if there is space, unless turned off."""

    DEFAULT_CSS = """
    Neighbors { height: auto; }
    Neighbors #nearest { height: 1; color: $text-muted; }
    """

    def __init__(self, painter: Painter) -> None:
        super().__init__()
        self._painter = painter
        self._item: Item | None = None
        self._hidden = False
        self._space = (0, 0)
        self._is_on = True

    def compose(self) -> ComposeResult:
        """A title and the images."""
        yield Static("nearest clean samples", markup=False, id="nearest")
        yield Thumbnails(self._painter, SMALLEST)

    def show(self, item: Item, hidden: bool) -> None:
        """Show the neighbors of this sample; none if `hidden`, because their labels hint at the suggestion."""
        self._item, self._hidden = item, hidden
        neighbors = () if hidden else item.neighbors[:SHOWN]
        self.query_one(Thumbnails).show([Thumbnail(one.position, one.label) for one in neighbors])
        self._fit()

    def prepare(self, items: Sequence[Item]) -> None:
        """Draw the neighbors of these samples in advance."""
        if self.display:
            positions = [one.position for item in items for one in item.neighbors[:SHOWN]]
            self.query_one(Thumbnails).prepare(positions)

    def toggle(self) -> None:
        """Turn them off or on."""
        self._is_on = not self._is_on
        self._fit()

    def fit(self, width: int, height: int) -> None:
        """Use as much of this space (columns, rows) as needed, or none."""
        self._space = width, height
        self._fit()

    def _fit(self) -> None:
        width, height = self._space
        columns = min(LARGEST[0], (width + GAP) // SHOWN - GAP)
        rows = min(LARGEST[1], height - _TEXT_ROWS, -(-columns * 3 // 8))
        has_space = columns >= SMALLEST[0] and rows >= SMALLEST[1]
        has_any = self._item is not None and bool(self._item.neighbors) and not self._hidden
        self.display = self._is_on and has_space and has_any
        if self.display:
            self.query_one(Thumbnails).area = (columns, rows)
            self.styles.height = rows + _TEXT_ROWS
