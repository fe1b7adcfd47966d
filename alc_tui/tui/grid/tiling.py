"""How many small images fit on a page, and how large they are. Knows no widget and no image."""

from __future__ import annotations

from dataclasses import dataclass

from alc_tui.tui.pictures.framing import Size

SIZES: tuple[Size, ...] = ((12, 5), (18, 8), (26, 12), (38, 18))
"""Columns and rows of an image, from small to large; what a page has to spare is shared out."""
ENOUGH = 18
"""Images that a page should hold as long as nobody wants larger ones."""


@dataclass(frozen=True)
class Pattern:
    """How tiles lie on a page. step: columns and rows from one to the next."""

    columns: int
    rows: int
    step: Size

    @property
    def page(self) -> int:
        """Tiles on a page."""
        return self.columns * self.rows

    @property
    def area(self) -> Size:
        """Columns and rows for an image: a column beside it belongs to the cursor, a row below it to the words."""
        return max(1, self.step[0] - 1), max(1, self.step[1] - 1)


def pattern(room: Size, least: Size) -> Pattern:
    """As many tiles in the room as there can be with images of at least that size."""
    columns, rows = (max(1, length // (smallest + 1)) for length, smallest in zip(room, least, strict=True))
    return Pattern(columns, rows, (room[0] // columns, room[1] // rows))


def largest_size(room: Size, tiles: int) -> int:
    """The place in SIZES of the largest of which a page holds enough, or all there are."""
    fitting = [place for place, size in enumerate(SIZES) if pattern(room, size).page >= min(ENOUGH, tiles)]
    return max(fitting, default=0)
