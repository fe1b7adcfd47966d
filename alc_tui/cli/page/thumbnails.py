"""Small pictures of images as data URIs."""

from __future__ import annotations

import base64
import io

from alc_tui.data.dataset import ImageSource

SIDE = 144
"""The longer side of a picture in pixels."""
_QUALITY = 80


def data_uri(images: ImageSource, position: int) -> str:
    """A JPEG of at most SIDE × SIDE pixels; raises AlcError, BadImageError or OSError if the image cannot be read."""
    image = images.read(position)
    image.thumbnail((SIDE, SIDE))
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
