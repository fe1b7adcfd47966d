"""How much memory there is, and how much decoding images may take: one ceiling for all threads of this process.

The header of an image tells how much decoding it takes. An image that needs more than the ceiling is refused before a
pixel is decoded; all others wait until their share is free.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

DECODING_BYTES = 2 * 2**30
"""The ceiling of `decoding`."""

# Bytes per pixel at the peak of decoding to upright 8-bit RGB, by Pillow's mode, and what some decoders take besides:
# measured with Pillow 13, rounded up.
_PIXEL_BYTES = {"1": 7, "L": 7, "P": 7, "RGB": 9, "CMYK": 9, "YCbCr": 9, "HSV": 9, "I": 12, "F": 12}
_GRAY_16_BYTES = 9
_COLOR_16_BYTES = 21
_OTHER_BYTES = 17
_DECODER_BYTES = {"JPEG": 3, "MPO": 3, "JPEG2000": 12, "WEBP": 9, "AVIF": 4, "TIFF": 4}
_ROW_BYTES = 32
_RESIZED_BYTES = 32
"""Of the filter's coefficients, for each row and column of the image."""


class Ceiling:
    """A number of bytes that threads share. `limit`: how many."""

    def __init__(self, limit: int) -> None:
        self.limit, self._taken = limit, 0
        self._released = threading.Condition()

    @contextmanager
    def reserve(self, count: int) -> Iterator[None]:
        """Wait until `count` bytes are free, at most `limit`, and take them for the duration of the block."""
        count = min(count, self.limit)
        with self._released:
            self._released.wait_for(lambda: self._taken + count <= self.limit)
            self._taken += count
        try:
            yield
        finally:
            with self._released:
                self._taken -= count
                self._released.notify_all()


decoding = Ceiling(DECODING_BYTES)
"""What all decoding in this process shares."""


def bytes_to_decode(
    width: int, height: int, mode: str, kind: str | None = None, side: int = 0, is_deep: bool = False
) -> int:
    """An upper estimate of the bytes that it takes to decode an image and to convert it to upright 8-bit RGB.

    width, height: in pixels; mode: Pillow's; kind: the file format: all from the header. side: of the square to which
    the image is then resized, 0 if it is not. is_deep: whether its samples have more than 8 bits.
    """
    if mode.startswith("I;16"):
        converting = _GRAY_16_BYTES
    elif is_deep and mode.startswith("RGB"):
        converting = _COLOR_16_BYTES
    else:
        converting = _PIXEL_BYTES.get(mode, _OTHER_BYTES)
    per_pixel = converting + _DECODER_BYTES.get(kind or "", 0)
    return width * height * per_pixel + _ROW_BYTES * height + bytes_to_resize(width, height, side)


def bytes_to_resize(width: int, height: int, side: int) -> int:
    """An upper estimate of the bytes that resizing an image of this size in pixels takes, see `bytes_to_decode`."""
    return 4 * side * (height + side) + _RESIZED_BYTES * (width + height) if side else 0


def memory_size() -> int:
    """Bytes of this machine's memory, 0 if unknown."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0
