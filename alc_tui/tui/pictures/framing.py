"""Computes which part of an image is drawn and at what size. Does not touch pixels.

A cell holds a number of dots across and down: half blocks 1 × 2, quadrants 2 × 2, graphics its pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from PIL import Image

from alc_tui.tui.pictures.view import View

Size = tuple[int, int]
"""Columns and rows, or width and height."""
COLUMNS_PER_ROW = 2
"""Of a square image: a cell is about twice as high as wide."""

_INVISIBLE = 0.08
_FEWEST = 4
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Frame:
    """box: left, top, right, bottom of the part of the image that is drawn, in pixels. dots: the size it is drawn in.

    filter: how the pixels become dots. max_zoom: the largest useful zoom.
    """

    box: tuple[float, float, float, float]
    dots: Size
    filter: Image.Resampling
    max_zoom: float


def frame(
    size: Size, area: Size, dots: Size, ratio: float = 2.0, view: View | None = None, smooth: bool = False
) -> Frame:
    """How an image of `size` pixels is drawn in `area` (columns, rows) with `dots` (across, down) per cell.

    ratio: height over width of a cell. The aspect ratio is kept. Images are enlarged by whole factors only, unless dots
    are so far from square that this would distort them, or `smooth` asks for the whole area. When zoomed, the picture
    grows to the area, then shows a part.
    """
    view = view or View()
    space = area[0] * dots[0], area[1] * dots[1]
    fitted = _factors(size, space, dots[1] / (dots[0] * ratio), smooth)
    max_zoom = max(1.0, space[0] / _FEWEST / fitted[0])
    across, down = fitted
    if view.zoom > 1:
        across, down = _zoomed(fitted, min(view.zoom, max_zoom), smooth)
    is_enlarged = min(across, down) >= 1
    whole = is_enlarged and not smooth
    wide, high = (_seen(*side, whole=whole) for side in zip(size, space, (across, down), strict=True))
    left, top = _start(view.x, size[0], wide, whole), _start(view.y, size[1], high, whole)
    drawn = (_dots(wide * across, space[0]), _dots(high * down, space[1]))
    return Frame((left, top, left + wide, top + high), drawn, _filter(is_enlarged, smooth), max_zoom)


def crop(image: Image.Image, framed: Frame) -> Image.Image:
    """The framed part of the image, scaled to its dots."""
    reducing_gap = 3.0 if framed.filter == Image.Resampling.LANCZOS else None
    return image.resize(framed.dots, framed.filter, box=framed.box, reducing_gap=reducing_gap)


def _filter(is_enlarged: bool, smooth: bool) -> Image.Resampling:
    if is_enlarged:
        return Image.Resampling.BICUBIC if smooth else Image.Resampling.BOX
    return Image.Resampling.LANCZOS


def _factors(size: Size, space: Size, squash: float, smooth: bool) -> tuple[float, float]:
    """Dots per pixel across and down so that the whole image fits; whole numbers, if possible, where it is enlarged and
    not `smooth`.

    squash: width over height of a dot.
    """
    for shape, grows in ((_simple(squash), not smooth), (squash, False)):
        across = min(space[0] / size[0], space[1] / (size[1] * shape))
        smaller = across * min(1.0, shape) + _ROUNDING
        if grows and smaller >= 1:
            across = math.floor(smaller) / min(1.0, shape)
            break
    return across, across * shape


def _zoomed(fitted: tuple[float, float], zoom: float, smooth: bool) -> tuple[float, float]:
    """The factors times the zoom; the smaller one is a whole number where the image is enlarged and not `smooth`."""
    smaller = min(fitted) * zoom
    factor = zoom if smooth or smaller < 1 - _ROUNDING else math.floor(smaller + 0.5) / min(fitted)
    return fitted[0] * factor, fitted[1] * factor


def _simple(squash: float) -> float:
    """The nearest ratio n or 1/n, if the difference is too small to see; otherwise the exact ratio."""
    simple = 1 / max(1, round(1 / squash)) if squash < 1 else round(squash)
    return simple if abs(squash - simple) <= _INVISIBLE * simple else squash


def _seen(length: int, space: int, factor: float, whole: bool) -> float:
    fits = space / factor
    return min(length, max(1, math.floor(fits + _ROUNDING)) if whole else fits)


def _start(middle: float, length: int, seen: float, whole: bool) -> float:
    start = min(max(middle * length - seen / 2, 0), length - seen)
    return math.floor(start) if whole else start


def _dots(length: float, space: int) -> int:
    return min(max(1, round(length)), space)
