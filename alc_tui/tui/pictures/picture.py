"""A picture: lines of cells, ready to be painted by whoever has room for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import wrap

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from alc_tui.tui.pictures.framing import Size


@dataclass(frozen=True)
class Picture:
    """An image as lines of cells, or words in its place.

    readable: the sample can be judged. bare: lines with cells that need a ground painted under them.
    size: the image's width and height in pixels, where there is an image. seen: the shares of its width and height that
    are in the picture. deepest: the zoom beyond which nothing grows. before, after: what the terminal must be given
    before the lines are painted, and once they are gone. over: what it paints over them, from their first cell.
    """

    lines: tuple[Strip, ...]
    columns: int
    readable: bool
    bare: frozenset[int] = frozenset()
    size: Size | None = None
    seen: tuple[float, float] = (1.0, 1.0)
    deepest: float = 1.0
    before: str = ""
    after: str = ""
    over: str = ""

    @property
    def rows(self) -> int:
        """How many lines there are."""
        return len(self.lines)

    def line(self, row: int, ground: Style) -> Strip:
        """A line of the picture on `ground`."""
        return self.lines[row].apply_style(ground) if row in self.bare else self.lines[row]


def lines_of(rows: Iterable[list[Segment]], columns: int) -> tuple[tuple[Strip, ...], frozenset[int]]:
    """Lines of equal length, neighbors of one style joined, and which of them have cells without a ground."""
    lines, bare = [], set()
    for number, row in enumerate(rows):
        lines.append(Strip(_joined(row), columns))
        if any(one.style is None or one.style.bgcolor is None for one in row):
            bare.add(number)
    return tuple(lines), frozenset(bare)


def words(paragraphs: Iterable[str], area: Size, readable: bool) -> Picture:
    """Text in place of an image, wrapped to the area."""
    wrapped = [line for paragraph in paragraphs for line in (wrap(paragraph, max(1, area[0])) or [""])][: area[1]]
    columns = max(map(cell_len, wrapped), default=0)
    rows = [[Segment(line + " " * (columns - cell_len(line)))] for line in wrapped]
    lines, bare = lines_of(rows, columns)
    return Picture(lines, columns, readable, bare)


def _joined(row: list[Segment]) -> list[Segment]:
    joined = row[:1]
    for segment in row[1:]:
        text, style, _ = joined[-1]
        if segment.style is style and (style is not None):
            joined[-1] = Segment(text + segment.text, style)
        else:
            joined.append(segment)
    return joined
