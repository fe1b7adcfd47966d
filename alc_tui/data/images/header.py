"""What the header of an image file tells before a pixel is decoded."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from PIL.ImageFile import ImageFile

from alc_tui.data.images.depth import deep_windows, is_deep
from alc_tui.data.images.dicom.decoding import count_frames, dicom_windows
from alc_tui.data.images.dicom.names import is_dicom
from alc_tui.data.images.errors import EMPTY, BadImageError, no_frame, reasons
from alc_tui.data.images.formats import formats

_WITHOUT_PAGES = frozenset({"MPO", "PSD"})
"""Formats whose further frames are previews or layers of the same image."""


@dataclass(frozen=True)
class Header:
    """is_deep: whether the image has more than 8 bits per sample. frames: how many pages or frames the file has, at
    least 1."""

    is_deep: bool
    frames: int


def read_header(file: bytes | Path, frame: int = 1) -> Header:
    """The header of a page or frame of a file, or of its content, from 1. Raises `BadImageError` with the reason if it
    is not an image."""
    if isinstance(file, bytes) and is_dicom(file):
        return Header(False, count_frames(file))
    with opened(file, frame) as image:
        return Header(is_deep(image), _frames(image))


def read_windows(content: bytes, frame: int = 1) -> tuple[str, ...]:
    """The names of the windows in which a page or frame of a file can be seen, its own first; none for an image with 8
    bits or in color. Raises `BadImageError` with the reason if it is not an image."""
    if is_dicom(content):
        return dicom_windows(content, frame)
    with opened(content, frame) as image:
        return deep_windows(image)


@contextmanager
def opened(file: bytes | Path, frame: int = 1) -> Iterator[ImageFile]:
    """A file or its content, opened by Pillow at a page or frame, from 1; no pixel is decoded yet. Raises
    `BadImageError` with the reason."""
    if file == b"":
        raise BadImageError(EMPTY)
    with reasons():
        image = Image.open(io.BytesIO(file) if isinstance(file, bytes) else file, formats=formats())
    with image:
        if frame > 1:
            _seek(image, frame)
        yield image


def _seek(image: ImageFile, frame: int) -> None:
    with reasons():
        try:
            image.seek(frame - 1)
        except EOFError as error:
            raise no_frame(frame) from error


def _frames(image: ImageFile) -> int:
    if image.format in _WITHOUT_PAGES:
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # further pages that Pillow cannot read do not concern the first one
        return 2 if getattr(image, "is_animated", False) else 1
