"""The sizes between which a key changes the largest size of images. Independent of widgets."""

from __future__ import annotations

from alc_tui.tui.pictures.framing import Size

SIZES: tuple[Size, ...] = tuple((2 * rows, rows) for rows in (8, 12, 16, 20, 24, 30, 36, 44, 54, 66, 80))
"""Columns and rows, from small to large."""
_VISIBLE = 1.1


def smaller(shown: Size) -> Size:
    """The next limit with which an image that takes `shown` (columns, rows) visibly shrinks."""
    fitting = [size for size in SIZES if _scale(size, shown) * _VISIBLE <= 1]
    return max(fitting, default=SIZES[0])


def larger(shown: Size, space: Size) -> Size | None:
    """The next limit with which it visibly grows; None, no limit, if that is all the space."""
    fitting = (size for size in SIZES if size[0] < space[0] and size[1] < space[1])
    return next((size for size in fitting if _scale(size, shown) >= _VISIBLE), None)


def _scale(size: Size, shown: Size) -> float:
    return min(size[0] / max(1, shown[0]), size[1] / max(1, shown[1]))
