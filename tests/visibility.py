"""When each image of the labeling screen was visible, as an emulator shows the bytes that came.

Believes nothing that the app says of itself but the number of the image in the first row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pyte

from tests.terminal import Chunk

LOOK = 0.15
"""Seconds that an image must have been seen before a key may be a verdict on it."""

_NUMBER = re.compile(r" image ([\d,]+) of ")
_ROWS = slice(1, -2)
"""Where the picture is: below the heading, whose second line, if there is one, holds no blocks, and above the last two
lines."""
_CLASS_ROW = 2
"""A row that holds a part of the picture and the key of a class, whether the heading has one line or two."""
_LEAST_COLUMNS = 50
"""Columns that belong to the picture on a screen of at least 100 columns; the text beside it begins later."""
_NEVER_COVERED = 48
"""Columns of the picture, from the left, that no message in the corner covers on such a screen."""
_STILL = 0.2
"""Seconds for which a small picture stands there, at least, before the large one is drawn."""
_BLOCKS = frozenset("▀▄")
_GRID = 8
_ALIKE = 12.0
"""Mean difference of color channels, of 255, between a small and a large picture of one image."""
_Colors = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True)
class VisibleImage:
    """Image `number` (from 1) was visible, whole, since `since` and until `until` (monotonic): as it was to stay, or
    smaller at first, as on a slow line."""

    number: int
    since: float
    until: float

    def was_looked_at(self, at: float) -> bool:
        """Whether it had been seen for long enough at a moment, and still was."""
        return self.since + LOOK <= at < self.until


@dataclass(frozen=True)
class _View:
    """at: when. number: in the heading. rows: a fingerprint of each row of the picture, None for one without blocks.
    colors: of a grid of its cells, None for those that a message covers."""

    at: float
    number: int | None
    rows: tuple[int | None, ...]
    colors: _Colors


def number_in(text: str) -> int | None:
    """The number of the image that the heading names, None if it names none."""
    found = _NUMBER.search(text)
    return int(found[1].replace(",", "")) if found else None


def visible_images(chunks: Sequence[Chunk], size: tuple[int, int]) -> list[VisibleImage]:
    """All images that were visible, in order. size: columns and rows of the terminal."""
    views = list(_views(chunks, size))
    ends = [view.at for view in views[1:]] + [float("inf")]
    found = []
    for number, group in groupby(zip(views, ends, strict=True), key=lambda pair: pair[0].number):
        if number is None:
            continue
        seen = list(group)
        final = seen[-1][0]
        last = next((at for at in range(len(seen) - 1, 0, -1) if seen[at - 1][0].rows != final.rows), 0)
        first = next((at for at in range(last) if _is_draft(seen, at, final)), last)
        found.append(VisibleImage(number, seen[first][0].at, seen[-1][1]))
    return found


def _is_draft(seen: Sequence[tuple[_View, float]], place: int, final: _View) -> bool:
    """Whether a view stood still and shows what `final` shows, only smaller; or `final` has its upper rows and larger
    ones below them, because the next image came while this one was drawn larger, from the bottom up."""
    view = seen[place][0]
    still_until = next((later.at for later, _ in seen[place + 1 :] if later.rows != view.rows), float("inf"))
    return still_until - view.at >= _STILL and (
        _is_smaller(view, final) or (view.rows != seen[0][0].rows and _is_replaced_from_below(view, final))
    )


def _is_smaller(view: _View, final: _View) -> bool:
    """Whether both are alike where neither is covered."""
    if not (view.colors and final.colors):
        return False
    pairs = [(one, other) for one, other in zip(view.colors, final.colors, strict=True) if one and other]
    differences = [abs(a - b) for one, other in pairs for a, b in zip(one, other, strict=True)]
    return bool(differences) and sum(differences) / len(differences) < _ALIKE


def _is_replaced_from_below(view: _View, final: _View) -> bool:
    """Whether the two have rows of the picture in common, and below the first that differs, none."""
    same = [one == other for one, other in zip(view.rows, final.rows, strict=True) if one is not None]
    kept = next((row for row, is_same in enumerate(same) if not is_same), 0)
    return kept > 0 and not any(same[kept:])


def _views(chunks: Iterable[Chunk], size: tuple[int, int]) -> Iterable[_View]:
    """After each chunk."""
    screen = pyte.Screen(*size)
    stream = pyte.ByteStream(screen)
    before: _View | None = None
    for chunk in chunks:
        stream.feed(chunk.data)
        heading = "".join(screen.buffer[0][column].data for column in range(size[0]))
        rows = [[screen.buffer[row][column] for column in range(_width(screen, size))] for row in range(size[1])[_ROWS]]
        picture = tuple(_fingerprint(row[:_NEVER_COVERED]) for row in rows)
        colors = before.colors if before is not None and before.rows == picture else _grid(rows)
        before = _View(chunk.at, number_in(f"{heading} "), picture, colors)
        yield before


def _fingerprint(row: Sequence[Any]) -> int | None:
    return hash(tuple(row)) if any(cell.data in _BLOCKS for cell in row) else None


def _width(screen: pyte.Screen, size: tuple[int, int]) -> int:
    """Columns left of the first text beside the picture, the key of a class."""
    first = screen.buffer[_CLASS_ROW]
    return next((c for c in range(_LEAST_COLUMNS, size[0]) if first[c].data.isalnum()), _LEAST_COLUMNS)


def _grid(rows: Sequence[Sequence[Any]]) -> _Colors:
    """Colors of cells spread over the smallest rectangle that holds all blocks; none without any."""
    places = [(y, x) for y, row in enumerate(rows) for x, cell in enumerate(row) if cell.data == "▄"]
    if not places:
        return ()
    top, bottom = min(y for y, _ in places), max(y for y, _ in places) + 1
    left, right = min(x for _, x in places), max(x for _, x in places) + 1
    steps = [(2 * step + 1) / (2 * _GRID) for step in range(_GRID)]
    cells = [rows[int(top + y * (bottom - top))][int(left + x * (right - left))] for y in steps for x in steps]
    return tuple(_rgb(cell.bg) if cell.data == "▄" else None for cell in cells)


def _rgb(color: str) -> tuple[int, int, int]:
    """pyte's colors; those that have a name, such as the terminal's own, as black."""
    if re.fullmatch("[0-9a-f]{6}", color) is None:
        return (0, 0, 0)
    return (int(color[:2], 16), int(color[2:4], 16), int(color[4:], 16))
