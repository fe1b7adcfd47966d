"""A picture: lines of cells, ready to be painted by a widget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import wrap

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from alc_tui.tui.graphics.graphic import Graphic
from alc_tui.tui.pictures.framing import Size

_AROUND_CODES = len("\x1b[") + len("\x1b[0m")
_EVERY = 8
"""The lines by which the weight of a picture is estimated."""


@dataclass(frozen=True)
class Picture:
    """An image as lines of cells, or text in its place.

    readable: whether the image, rather than an error, is shown. transparent_lines: numbers of the lines with cells that
    have no background color. size: width and height of the image in pixels, None for text. seen: the visible fractions
    of its width and height. max_zoom: the largest useful zoom. window, windows: see `WindowedImage`. graphic: drawn
    over the lines, which are empty. weight: see `weigh`.
    """

    lines: tuple[Strip, ...]
    columns: int
    readable: bool
    transparent_lines: frozenset[int] = frozenset()
    size: Size | None = None
    seen: tuple[float, float] = (1.0, 1.0)
    max_zoom: float = 1.0
    window: str = ""
    windows: tuple[str, ...] = ()
    graphic: Graphic | None = None
    weight: int = 0

    @property
    def rows(self) -> int:
        """The number of lines."""
        return len(self.lines)

    @property
    def is_coarse(self) -> bool:
        """Whether the image has more pixels than twice the columns of cells that show it."""
        return self.graphic is None and self.size is not None and self.size[0] * self.seen[0] > 2 * self.columns

    @property
    def cost(self) -> int:
        """The memory that it takes, about, in kilobytes: a cell takes one."""
        return self.rows * self.columns if self.graphic is None else 1 + self.graphic.byte_count // 1000

    def line(self, row: int, ground: Style) -> Strip:
        """A line of the picture on the background `ground`."""
        return self.lines[row].apply_style(ground) if row in self.transparent_lines else self.lines[row]


def weigh(picture: Picture) -> int:
    """About how many bytes are sent to show a picture, by some of its lines."""
    some = picture.lines[_EVERY // 2 :: _EVERY] or picture.lines
    weight = sum(_weight(segment) for line in some for segment in line) * picture.rows // max(1, len(some))
    return weight if picture.graphic is None else weight + picture.graphic.byte_count


def _weight(segment: Segment) -> int:
    style = segment.style
    colors = [] if style is None else [color for color in (style.color, style.bgcolor) if color is not None]
    return len(segment.text.encode()) + _AROUND_CODES + sum(len(";".join(one.get_ansi_codes())) + 1 for one in colors)


def join_rows(rows: Iterable[list[Segment]], columns: int) -> tuple[tuple[Strip, ...], frozenset[int]]:
    """Lines of equal length, with adjacent segments of the same style merged, and the lines with cells without
    background."""
    lines, transparent = [], set()
    for number, row in enumerate(rows):
        lines.append(Strip(_joined(row), columns))
        if any(one.style is None or one.style.bgcolor is None for one in row):
            transparent.add(number)
    return tuple(lines), frozenset(transparent)


def text_picture(paragraphs: Iterable[str], area: Size, readable: bool) -> Picture:
    """Text in place of an image, wrapped to the area (columns, rows)."""
    wrapped = [line for paragraph in paragraphs for line in (wrap(paragraph, max(1, area[0])) or [""])][: area[1]]
    columns = max(map(cell_len, wrapped), default=0)
    rows = [[Segment(line + " " * (columns - cell_len(line)))] for line in wrapped]
    lines, transparent = join_rows(rows, columns)
    return Picture(lines, columns, readable, transparent)


def _joined(row: list[Segment]) -> list[Segment]:
    joined = row[:1]
    for segment in row[1:]:
        text, style, _ = joined[-1]
        if segment.style is style and (style is not None):
            joined[-1] = Segment(text + segment.text, style)
        else:
            joined.append(segment)
    return joined
