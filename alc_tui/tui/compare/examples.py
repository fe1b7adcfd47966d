"""Typical clean samples of one class, as thumbnails that fill the space."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from alc_tui.tui.labeling.sample.layout import GAP, Tiles
from alc_tui.tui.labeling.sample.thumbnails import Thumbnail, Thumbnails
from alc_tui.tui.pictures.framing import COLUMNS_PER_ROW, Size
from alc_tui.tui.pictures.painter import Painter

FEWEST = 2
"""How many examples are side by side at least."""
_TITLE_ROWS = _CAPTION_ROWS = 1


class Examples(Vertical):
    """A title and a row of images; `turn` shows further ones."""

    DEFAULT_CSS = """
    Examples { height: 1fr; }
    Examples Static { height: 1; }
    """

    def __init__(self, painter: Painter) -> None:
        super().__init__()
        self._painter = painter
        self._positions: Sequence[int] = ()
        self._first = 0
        self._draft: Size | None = None

    def compose(self) -> ComposeResult:
        """A title and the images."""
        yield Static(markup=False)
        yield Thumbnails(self._painter)

    def show(self, title: str, positions: Sequence[int], first: int, draft: Size | None = None) -> None:
        """Show these images from the one at index `first` on. draft: see `Thumbnails.show`."""
        self._positions, self._first, self._draft = positions, first, draft
        self.query_one(Static).update(title)
        self._fit()

    def on_resize(self, _event: events.Resize) -> None:
        """Make the images as large as the space allows."""
        self._fit()

    @property
    def fitting(self) -> int:
        """The number of images that fit side by side."""
        return max(1, (self.size.width + GAP) // (self._area[0] + GAP))

    @property
    def _area(self) -> Size:
        rows = max(1, self.size.height - _TITLE_ROWS - _CAPTION_ROWS)
        widest = (self.size.width + GAP) // FEWEST - GAP
        return max(1, min(widest, COLUMNS_PER_ROW * rows)), rows

    def _fit(self) -> None:
        if not all(self.size):
            return
        row = self.query_one(Thumbnails)
        row.tiles = Tiles(self.fitting, 1, self._area)
        places = range(self._first, min(self._first + self.fitting, len(self._positions)))
        shown = [Thumbnail(self._positions[place], f"{place + 1} of {len(self._positions)}") for place in places]
        row.show(shown, self._draft)
