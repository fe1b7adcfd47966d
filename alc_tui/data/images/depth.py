"""Images with more than 8 bits per sample, as 8 bits.

Grayscale: the typical range of its values becomes [0, 255], so that a defective pixel does not darken the rest, or the
full range if that is asked for. Color,
and grayscale with transparency: black stays black, and white is the highest value of the bit depth (8, 10, 12, 14 or
16) that holds all but the highest thousandth of the values, so that color and brightness stay comparable.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile

from alc_tui.data.images.planes import decode_planes, in_planes, is_straight, plane_tiles
from alc_tui.data.images.window import (
    FULL,
    TYPICAL,
    Box,
    Tiles,
    Values,
    Window,
    boxes,
    full_range,
    stretch_window,
    typical_range,
    windowed,
)

_DEPTHS = (8, 10, 12, 14, 16, 32)
_COLOR = re.compile(r"(RGB|RGBA|RGBX|RGBa|LA);16([BLN])")
"""Pillow's names for how the samples lie in a file: the channels, and whether the high byte comes first (B), last (L)
or as on this machine (N). A small `a` means that colors are multiplied by the transparency."""
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0


def is_deep(image: ImageFile) -> bool:
    """Whether an opened image has more than 8 bits per sample and is read as `load_deep` does, from its header."""
    return _is_gray(image) or in_planes(image) or _color(image) is not None


def deep_windows(image: ImageFile) -> tuple[str, ...]:
    """The names of the windows of an opened image, see `load_deep`; none if its values are mapped in one way only."""
    return (TYPICAL, FULL) if _is_gray(image) else ()


def load_deep(image: ImageFile, content: bytes, window: str = TYPICAL) -> Image.Image:
    """Decode an opened image with more than 8 bits per sample to 8 bits: L or RGB. content: of its file. window: one of
    `deep_windows`, if it has any."""
    if in_planes(image):
        planes, blend = decode_planes(image, content), is_straight(image)
        return by_depth(lambda: _without_opacity(plane_tiles(planes), blend), planes[0].size)
    color = _color(image)
    if color is not None:
        return _load_color(image, content, *color)
    image.load()
    stretched = stretch_window(_values(image), image.size, window)
    return windowed(_values(image), image.size, stretched, _is_white_zero(image))


def by_depth(values: Tiles, size: tuple[int, int]) -> Image.Image:
    """An image of this size whose values [0, 2^depth − 1] become [0, 255]. values: unsigned, at most
    32 bits."""
    highest = typical_range(values, size).high or full_range(values).high
    depth = next(depth for depth in _DEPTHS if highest < 2**depth)
    return windowed(values, size, Window(0, 2**depth - 1))


def _values(image: Image.Image) -> Tiles:
    return lambda: ((box, np.asarray(image.crop(box))) for box in boxes(*image.size))


def _is_gray(image: Image.Image) -> bool:
    return image.mode.startswith("I") or image.mode == "F"


def _is_white_zero(image: Image.Image) -> bool:
    tags = getattr(image, "tag_v2", None)
    return tags is not None and tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO


def _color(image: ImageFile) -> tuple[str, str] | None:
    """The channels of an image whose samples have 16 bits, and their byte order, see `_COLOR`; None for others."""
    arguments = image.tile[0].args if image.tile else None
    layout = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    match = _COLOR.fullmatch(layout) if isinstance(layout, str) else None
    return None if match is None else (match[1], match[2])


def _load_color(image: ImageFile, content: bytes, channels: str, order: str) -> Image.Image:
    """Pillow keeps one byte of a sample, so the file is decoded twice: for the high bytes and for the low ones."""
    if channels == "LA":
        pairs = _load_as(image, "RGBA")  # four bytes a pixel: two samples with their high byte first
        return by_depth(lambda: _without_opacity(_of_pairs(pairs), True), pairs.size)
    transparent = image.info.get("transparency")
    has_high_first = order == "B" or (order == "N" and sys.byteorder == "big")
    first, second = ("B", "L") if has_high_first else ("L", "B")
    high = _load_as(image, f"{channels.upper()};16{first}")
    with Image.open(io.BytesIO(content), formats=[image.format or ""]) as again:
        again.seek(image.tell())
        low = _load_as(again, f"{channels.upper()};16{second}")
    return by_depth(lambda: _without_opacity(_of_bytes(high, low, transparent), channels == "RGBA"), high.size)


def _of_pairs(image: Image.Image) -> Iterator[tuple[Box, Values]]:
    """The samples of an image whose channels are their high and low bytes in turn."""
    for box, pairs in _values(image)():
        yield box, _joined(pairs[..., ::2], pairs[..., 1::2])


def _of_bytes(high: Image.Image, low: Image.Image, transparent: tuple[int, ...] | None) -> Iterator[tuple[Box, Values]]:
    """The samples of which two images have the high and the low bytes. transparent: the color that becomes black."""
    for box, upper in _values(high)():
        samples = _joined(upper, np.asarray(low.crop(box)))
        if transparent is not None:
            samples[(samples == np.array(transparent)).all(axis=-1)] = 0
        yield box, samples


def _load_as(image: ImageFile, layout: str) -> Image.Image:
    """Decode an opened image as if its samples lay in its file in this layout of Pillow's."""
    tiles = []
    for tile in image.tile:
        rest = tile.args[1:] if isinstance(tile.args, tuple) else None
        tiles.append(tile._replace(args=layout if rest is None else (layout, *rest)))
    image.tile = tiles
    image.load()
    return image


def _without_opacity(tiles: Iterator[tuple[Box, Values]], blend: bool) -> Iterator[tuple[Box, Values]]:
    """Colors only, blended with black if `blend`; colors multiplied by their opacity lie on black as they are."""
    for box, samples in tiles:
        yield box, _on_black(samples) if blend else samples[..., :3]


def _joined(high: NDArray[np.uint8], low: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Samples from their high and low bytes."""
    samples = high.astype(np.uint16)
    samples <<= 8
    samples |= low
    return samples


def _on_black(samples: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Colors [rows, width, 3] or grays [rows, width] of samples whose last channel is the opacity, blended with
    black."""
    opacity = samples[..., -1:].astype(np.uint32)
    blended = ((samples[..., :-1] * opacity + 32767) // 65535).astype(np.uint16)
    return blended[..., 0] if blended.shape[-1] == 1 else blended
