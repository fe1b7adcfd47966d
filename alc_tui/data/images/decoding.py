"""Decodes the content of image files within the memory that decoding may take."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from alc_tui.data.images.color import rgb, transposition
from alc_tui.data.images.depth import is_deep, load_deep
from alc_tui.data.images.dicom.decoding import decoded_dicom
from alc_tui.data.images.dicom.names import is_dicom
from alc_tui.data.images.errors import BadImageError, reasons
from alc_tui.data.images.header import opened, read_windows
from alc_tui.data.images.limits import check_size
from alc_tui.data.memory import Ceiling, bytes_to_decode, decoding

# Pillow's warnings about size and EXIF data would corrupt the screen; the limits above replace them.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


@dataclass(frozen=True)
class WindowedImage:
    """An image as it looks in one of its windows. window: the name of that one. windows: the names of all, its own
    first; empty if its values can be seen in one way only."""

    image: Image.Image
    window: str = ""
    windows: tuple[str, ...] = ()


def decode_in_window(content: bytes, frame: int = 1, window: str = "") -> WindowedImage:
    """`decode` in the window of this name, or in the image's own window if it has none of this name."""
    try:
        windows = read_windows(content, frame)
    except BadImageError:  # decoding gives the reason
        windows = ()
    name = window if window in windows else next(iter(windows), "")
    return WindowedImage(decode(content, frame, name), name, windows)


def decode(content: bytes, frame: int = 1, window: str = "") -> Image.Image:
    """Decode a file's bytes to an upright 8-bit RGB image. frame: which page or frame, from 1. window: one of
    `read_windows`, "" for the first.

    Raises `BadImageError` with the reason if the image cannot be decoded or needs more memory than `memory.decoding`
    allows, `OutOfResources` if this process ran out of memory or open files.
    """
    with decoded(content, frame=frame, window=window) as image:
        return image


@contextmanager
def decoded(
    content: bytes, side: int = 0, ceiling: Ceiling = decoding, frame: int = 1, window: str = ""
) -> Iterator[Image.Image]:
    """`decode`, with the image's share of the ceiling reserved for the block.

    side: of the square to which the block resizes the image, 0 if it does not.
    """
    if is_dicom(content):
        with decoded_dicom(content, side, ceiling, frame, window) as image:
            yield rgb(image)
        return
    with opened(content, frame) as image, ceiling.reserve(_needed(image, len(content), side, ceiling)):
        yield _loaded(image, content, window)


def _loaded(image: ImageFile, content: bytes, window: str) -> Image.Image:
    with reasons(), np.errstate(all="ignore"):  # what numpy prints would corrupt the screen
        if is_deep(image):
            pixels = load_deep(image, content, window)
        else:
            image.load()
            pixels = image
        turn = transposition(image)  # some formats tell only when they are decoded
        upright = rgb(pixels if turn is None else pixels.transpose(turn))
    upright.info.clear()  # comments and color profiles, which may name patients and would be saved again
    return upright


def _needed(image: ImageFile, content: int, side: int, ceiling: Ceiling) -> int:
    """The bytes that decoding the opened image takes; raises BadImageError if they are more than the ceiling."""
    width, height = image.size
    needed = content + bytes_to_decode(width, height, image.mode, image.format, side, is_deep(image))
    check_size(width, height, needed, ceiling)
    return needed
