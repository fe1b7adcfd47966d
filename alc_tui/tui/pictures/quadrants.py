"""Quadrant blocks: a cell shows four dots in the two colors closest to them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.segment import Segment
from rich.style import Style

from alc_tui.tui.pictures.colors import Colors, Rgb, cell_style, reduce_colors

QUADRANT_DOTS = (2, 2)
GLYPHS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""Indexed by dots as bits: 1 upper left, 2 upper right, 4 lower left, 8 lower right."""

_BITS = (np.arange(16)[:, None] >> np.arange(4)) & 1
_SPLITS = _BITS[:8].astype(np.float64)
_StyleOf = Callable[[Rgb | None, Rgb | None], Style]


def quadrants(image: Image.Image, colors: Colors) -> list[list[Segment]]:
    """Rows of one segment per cell for an RGB image of one dot per pixel; missing dots at odd edges are left empty."""
    dots, present = _cells(np.asarray(image, dtype=np.float64))
    chosen = best_split(dots)
    whole = np.asarray(present.all(-1))
    chosen = np.where(whole, chosen, (present * (1 << np.arange(4))).sum(-1))
    ink, ground = _means(dots, chosen, present)
    inks, grounds = (np.asarray(reduce_colors(Image.fromarray(plane), colors)).tolist() for plane in (ink, ground))
    style_of = lru_cache(maxsize=None)(lambda fore, back: cell_style(fore, back, colors))
    return [
        [_segment(*cell, style_of) for cell in zip(*row, strict=True)]
        for row in zip(chosen.tolist(), inks, grounds, whole.tolist(), strict=True)
    ]


def best_split(dots: NDArray[np.float64]) -> NDArray[np.int64]:
    """Which dots get the first of two colors, as an index below 8 into `GLYPHS`, minimizing the squared error.

    dots: float64[…, 4, 3]. Both colors are the means of their dots. Ties go to the lowest index.
    """
    first = np.einsum("sd,...dc->...sc", _SPLITS, dots)
    second = dots.sum(-2)[..., None, :] - first
    count = _SPLITS.sum(-1)
    explained = (first**2).sum(-1) / np.maximum(count, 1) + (second**2).sum(-1) / (4 - count)
    return np.asarray(explained.round(6).argmax(-1), dtype=np.int64)


def _cells(pixels: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    height, width, _ = pixels.shape
    padding = ((0, height % 2), (0, width % 2))
    present = np.pad(np.ones((height, width), dtype=bool), padding)
    return _quartered(np.pad(pixels, (*padding, (0, 0)))), _quartered(present[..., None])[..., 0]


def _quartered(pixels: NDArray[Any]) -> NDArray[Any]:
    height, width, channels = pixels.shape
    blocks = pixels.reshape(height // 2, 2, width // 2, 2, channels).swapaxes(1, 2)
    return blocks.reshape(height // 2, width // 2, 4, channels)


def _means(
    dots: NDArray[np.float64], chosen: NDArray[np.int64], present: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Mean colors of the set dots and of the other dots, uint8[rows, columns, 3]; black where there are none."""
    is_set = _BITS[chosen].astype(bool)
    return _mean(dots, is_set & present), _mean(dots, ~is_set & present)


def _mean(dots: NDArray[np.float64], which: NDArray[np.bool_]) -> NDArray[np.uint8]:
    total = (dots * which[..., None]).sum(-2)
    mean: NDArray[np.uint8] = np.rint(total / np.maximum(which.sum(-1), 1)[..., None]).astype(np.uint8)
    return mean


def _segment(split: int, ink: list[int], ground: list[int], whole: bool, style_of: _StyleOf) -> Segment:
    red, green, blue = ink
    fore = (red, green, blue) if split else None
    red, green, blue = ground
    return Segment(GLYPHS[split], style_of(fore, (red, green, blue) if whole else None))
