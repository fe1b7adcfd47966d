"""Computes the number and size of thumbnails on a page. Independent of widgets and images."""

from __future__ import annotations

from dataclasses import dataclass

from alc_tui.tui.pictures.framing import COLUMNS_PER_ROW, Size

FEWEST_TILES = (48, 24, 12, 8, 4, 2, 1)
"""How many images a page should hold at least, from small images to large ones."""
DEFAULT = FEWEST_TILES.index(8)
SMALLEST_AREA: Size = (12, 5)
"""Columns and rows that an image has at least, if the page has them."""
CAPTION_ROWS = 2
"""Rows below an image."""


@dataclass(frozen=True)
class Layout:
    """The layout of tiles on a page. step: columns and rows from one to the next."""

    columns: int
    rows: int
    step: Size

    @property
    def page(self) -> int:
        """The number of tiles on a page."""
        return self.columns * self.rows

    @property
    def area(self) -> Size:
        """Columns and rows for an image: the column next to it is for the cursor, the rows below it for the caption."""
        return max(1, self.step[0] - 1), max(1, self.step[1] - CAPTION_ROWS)


def layout(space: Size, tiles: int) -> Layout:
    """The layout of a page with the largest images of which at least `tiles` fit, and with as many of them as fit.

    Fewer fit where images would be smaller than SMALLEST_AREA.
    """
    most = _fitting(space, SMALLEST_AREA)
    tiles = min(tiles, most.page)
    pages = [_even(space, columns, -(-tiles // columns)) for columns in range(1, most.columns + 1)]
    best = max((page for page in pages if page.rows <= most.rows), key=lambda page: _side(page.area))
    side = _side(best.area)
    return _fitting(space, (side, -(-side // COLUMNS_PER_ROW)))


def _fitting(space: Size, area: Size) -> Layout:
    """As many tiles as fit with images of at least this area, at least one."""
    return _even(space, max(1, space[0] // (area[0] + 1)), max(1, space[1] // (area[1] + CAPTION_ROWS)))


def _even(space: Size, columns: int, rows: int) -> Layout:
    """So many tiles, which share the space evenly."""
    return Layout(columns, rows, (space[0] // columns, space[1] // rows))


def _side(area: Size) -> int:
    """The columns of a square image in an area."""
    return min(area[0], COLUMNS_PER_ROW * area[1])
