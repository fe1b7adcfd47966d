"""Images as a browser can show them: at full resolution without loss, and as thumbnails. Without metadata, which may
name patients and labels."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace

from PIL import Image

from alc_tui.data.dataset import ImageSource, read_content, read_in_window
from alc_tui.data.images.errors import MAX_PIXELS
from alc_tui.data.images.frames import frame_of

THUMBNAIL = 384
"""Pixels of the longer side of a thumbnail."""

_ORIENTATION = 0x0112
_END, _COMMENT = 0xD9, 0xFE
_APPLICATION = range(0xE0, 0xF0)
_NEEDED = (0xE0, 0xEE)
"""The application segments that tell how colors are stored (JFIF, Adobe)."""
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""A segment of a JPEG file; 0xFF00 and 0xFFD0 to 0xFFD7 belong to the image data."""


@dataclass(frozen=True)
class EncodedImage:
    """kind: its media type. window, windows: see `WindowedImage`."""

    kind: str
    content: bytes
    window: str = ""
    windows: tuple[str, ...] = ()


def full_image(images: ImageSource, position: int, window: str = "") -> EncodedImage:
    """The image in its original pixels: a plain JPEG file as it is but for its metadata, anything else as an upright
    8-bit PNG, in the window of this name if the image has it, else in its own.

    Raises BadImageError if it cannot be decoded, AlcError if it cannot be read.
    """
    content = b"" if frame_of(images.locator(position)) else read_content(images, position) or b""
    if _is_plain_jpeg(content) and (bare := without_metadata(content)) is not None:
        return EncodedImage("image/jpeg", bare)
    shown = read_in_window(images, position, window)
    return replace(_encoded(shown.image, "PNG", compress_level=1), window=shown.window, windows=shown.windows)


def thumbnail(images: ImageSource, position: int) -> EncodedImage:
    """The image, at most `THUMBNAIL` pixels wide and high; raises as `full_image` does."""
    image = images.read(position).copy()
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    return _encoded(image, "JPEG", quality=90)


def without_metadata(content: bytes) -> bytes | None:
    """A JPEG file without its metadata, comments, and whatever follows its end; None if it is incomplete."""
    kept, at = [content[:2]], 2
    while (found := _MARKER.search(content, at)) is not None:
        kept.append(content[at : found.start()])
        marker = content[found.start() + 1]
        if marker == _END:
            return b"".join([*kept, found[0]])
        at = found.end() + int.from_bytes(content[found.end() : found.end() + 2])
        if marker != _COMMENT and (marker not in _APPLICATION or marker in _NEEDED):
            kept.append(content[found.start() : at])
    return None


def _is_plain_jpeg(content: bytes) -> bool:
    """Whether browsers show the file as `images.decode` does: upright, gray or RGB, of a size that is allowed."""
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
            is_upright = image.getexif().get(_ORIENTATION, 1) == 1
            return is_upright and image.mode in ("L", "RGB") and image.width * image.height <= MAX_PIXELS
    except Exception:  # another format, or damaged metadata: decoding it tells
        return False


def _encoded(image: Image.Image, name: str, **options: int) -> EncodedImage:
    content = io.BytesIO()
    image.save(content, name, **options)
    return EncodedImage(f"image/{name.lower()}", content.getvalue())
