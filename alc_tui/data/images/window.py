"""Maps values of any depth to 8 bits by a window, the range of values that becomes [0, 255].

Images are processed in tiles, so that a large one needs no copy in a wider type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Values = NDArray[Any]
"""Of one tile: [rows, columns] or [rows, columns, channels]."""
Box = tuple[int, int, int, int]
"""The left, top, right and bottom edge of a tile, in pixels."""
Tiles = Callable[[], Iterator[tuple[Box, Values]]]
"""The values of an image, tile by tile; may be called again."""

TYPICAL, FULL = "typical range", "full range"
"""Names of the windows that every gray image with more than 8 bits has, see `typical_range` and `full_range`."""
TAIL = 1000
"""One in so many values at each end is left out of the typical range."""
_SAMPLED_PIXELS = 2**20
_TILE_PIXELS = 2**17


@dataclass(frozen=True)
class Window:
    """The values that become 0 and 255; those beyond are clipped."""

    low: float
    high: float


def boxes(width: int, height: int) -> Iterator[Box]:
    """The tiles of an image of this size in pixels, row by row."""
    columns = max(1, min(width, _TILE_PIXELS))
    rows = _TILE_PIXELS // columns
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            yield left, top, min(left + columns, width), min(top + rows, height)


def full_range(values: Tiles) -> Window:
    """The range of all finite values; (0, 0) without any."""
    low, high = np.inf, -np.inf
    for _, tile in values():
        finite = tile[np.isfinite(tile)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return Window(low, high) if low <= high else Window(0.0, 0.0)


def typical_range(values: Tiles, size: tuple[int, int]) -> Window:
    """The range of the finite values without the lowest and the highest thousandth; (0, 0) without any value.

    size: of the image, width and height in pixels. In large images, about a million evenly spaced pixels count.
    """
    step = max(1, round((size[0] * size[1] / _SAMPLED_PIXELS) ** 0.5))
    samples = []
    for (left, top, _, _), tile in values():
        part = tile[-top % step :: step, -left % step :: step]
        samples.append(part[np.isfinite(part)])  # a copy, so that the tile is not kept
    sample = np.concatenate(samples)
    if not sample.size:
        return full_range(values)
    tail, last = sample.size // TAIL, sample.size - 1
    ordered = np.partition(sample, (tail, last - tail))
    return Window(float(ordered[tail]), float(ordered[last - tail]))


def stretch_window(values: Tiles, size: tuple[int, int], name: str = TYPICAL) -> Window:
    """The window of an image that has none of its own, by name: its typical range, or its full range if that is meant
    or almost all values are equal."""
    if name == FULL:
        return full_range(values)
    window = typical_range(values, size)
    return window if window.low < window.high else full_range(values)


def windowed(values: Tiles, size: tuple[int, int], window: Window, is_inverted: bool = False) -> Image.Image:
    """An image of this size in which `window` becomes [0, 255]; L, or RGB for tiles with three channels.

    Values that are no numbers count as the low end. is_inverted: whether low values are bright. An empty window gives
    black.
    """
    image: Image.Image | None = None
    for (left, top, _, _), tile in values():
        levels = _levels(tile, window)
        part = Image.fromarray(255 - levels if is_inverted else levels)
        if image is None:
            image = Image.new(part.mode, size)
        image.paste(part, (left, top))
    assert image is not None
    return image


def _levels(tile: Values, window: Window) -> NDArray[np.uint8]:
    values = tile.astype(np.float64)
    np.nan_to_num(values, copy=False, nan=window.low)
    np.clip(values, window.low, window.high, out=values)
    values -= window.low
    values *= 255.0 / ((window.high - window.low) or 1.0)
    return np.rint(values, out=values).astype(np.uint8)
