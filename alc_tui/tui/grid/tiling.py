"""Computes the number and size of thumbnails on a page. Independent of widgets and images."""

from __future__ import annotations

from dataclasses import dataclass

from alc_tui.tui.pictures.framing import Size

SIZES: tuple[Size, ...] = ((12, 5), (18, 8), (26, 12), (38, 18))
"""Columns and rows of an image, from small to large; spare space on a page is distributed evenly."""
DEFAULT_TILES = 18
"""The number of images that a page should hold by default."""


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
        """Columns and rows for an image: one column next to it is for the cursor, one row below it for the caption."""
        return max(1, self.step[0] - 1), max(1, self.step[1] - 1)


def layout(space: Size, min_size: Size) -> Layout:
    """As many tiles as fit into the space with images of at least `min_size`."""
    columns, rows = (max(1, length // (smallest + 1)) for length, smallest in zip(space, min_size, strict=True))
    return Layout(columns, rows, (space[0] // columns, space[1] // rows))


def largest_size(space: Size, tiles: int) -> int:
    """The index in SIZES of the largest size at which a page holds `DEFAULT_TILES`, or all tiles."""
    fitting = [place for place, size in enumerate(SIZES) if layout(space, size).page >= min(DEFAULT_TILES, tiles)]
    return max(fitting, default=0)
