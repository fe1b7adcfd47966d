"""How large an image is drawn at first on a slow line. Independent of widgets."""

from __future__ import annotations

from dataclasses import replace
from math import floor, log2, sqrt

from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.painter import PaintRequest
from alc_tui.tui.pictures.picture import Picture

CELL_BYTES = 47.0
"""Bytes for a cell of a photograph in true color."""
_SMALLEST = (24, 12)
_STEPS = 16
_FEWEST_BYTES, _MOST_BYTES = 2**14, 2**21
"""Of graphics: any line may carry the former, and the latter hold any image."""


def draft(full: PaintRequest, carried: float, cell_bytes: float) -> PaintRequest:
    """What is shown first where a line carries so many bytes in the time that an image may take: the same picture
    smaller, as graphics with fewer pixels; `full` itself if that is not too large.

    cell_bytes: of a cell of such a picture.
    """
    if not full.mode.is_graphic:
        return replace(full, area=draft_area(full.area, carried / cell_bytes) or full.area)
    limit = full.mode.most_bytes or _MOST_BYTES
    if carried >= limit:
        return full
    return replace(full, mode=replace(full.mode, most_bytes=2 ** floor(log2(max(carried, _FEWEST_BYTES)))))


def draft_area(area: Size, cells: float) -> Size | None:
    """The part of `area` (columns, rows) with at most about so many cells; None if the whole area has no more.

    Comes in few sizes, so that pictures drawn in advance fit, and is never too small to recognize anything.
    """
    share = sqrt(cells / max(1, area[0] * area[1]))
    if share >= 1:
        return None
    steps = max(1, floor(share * _STEPS))
    columns, rows = (max(min(least, most), most * steps // _STEPS) for least, most in zip(_SMALLEST, area, strict=True))
    return None if (columns, rows) == area else (columns, rows)


def rows_within(picture: Picture, carried: float) -> int:
    """How many rows of a picture are sent at a time, with at most about `carried` bytes; all of them at once if their
    parts are not independent."""
    if picture.graphic is not None:
        return picture.rows
    return max(1, int(min(picture.rows, carried * picture.rows / max(1, picture.weight))))
