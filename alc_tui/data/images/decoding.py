"""Decodes the content of image files within the memory that decoding may take."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image
from PIL.ImageFile import ImageFile

from alc_tui.data.images.color import rgb, transposition
from alc_tui.data.images.depth import is_deep, load_deep
from alc_tui.data.images.errors import MAX_PIXELS, BadImageError, reasons, too_large
from alc_tui.data.images.header import opened
from alc_tui.data.memory import Ceiling, bytes_to_decode, decoding

# Pillow's warnings about size and EXIF data would corrupt the screen; the limits above replace them.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


def decode(content: bytes) -> Image.Image:
    """Decode a file's bytes to an upright 8-bit RGB image.

    Raises `BadImageError` with the reason if the image cannot be decoded or needs more memory than `memory.decoding`
    allows, `OutOfResources` if this process ran out of memory or open files.
    """
    with decoded(content) as image:
        return image


@contextmanager
def decoded(content: bytes, side: int = 0, ceiling: Ceiling = decoding) -> Iterator[Image.Image]:
    """`decode`, with the image's share of the ceiling reserved for the block.

    side: of the square to which the block resizes the image, 0 if it does not.
    """
    with opened(content) as image, ceiling.reserve(_needed(image, len(content), side, ceiling)):
        yield _loaded(image, content)


def _loaded(image: ImageFile, content: bytes) -> Image.Image:
    with reasons():
        if is_deep(image):
            pixels = load_deep(image, content)
        else:
            image.load()
            pixels = image
        turn = transposition(image)  # some formats tell only when they are decoded
        return rgb(pixels if turn is None else pixels.transpose(turn))


def _needed(image: ImageFile, content: int, side: int, ceiling: Ceiling) -> int:
    """The bytes that decoding the opened image takes; raises BadImageError if they are more than the ceiling."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadImageError(too_large(f"{width:,} × {height:,} pixels"))
    needed = content + bytes_to_decode(width, height, image.mode, image.format, side, is_deep(image))
    if needed > ceiling.limit:
        raise BadImageError(
            f"{width:,} × {height:,} pixels take {needed / 2**30:.1f} GiB to decode, more than the "
            f"{ceiling.limit / 2**30:.1f} GiB that alc allows; scale the image down"
        )
    return needed
