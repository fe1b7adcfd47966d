"""Encodes images as graphics, with fewer pixels where a limit of bytes requires it."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from math import ceil, sqrt

from PIL import Image

from alc_tui.tui.graphics import iterm2, kitty, sixel
from alc_tui.tui.graphics.graphic import Graphic, Size

DEFAULT_CELL = (10, 20)
"""Width and height of a cell in pixels where the terminal does not report them."""
SMALL_CELL = (6, 12)
"""The same for sixels, which would cover more than their cells if these were smaller than assumed."""

_FEWEST_PIXELS = 64
_SAFETY = 0.95
"""The bytes of an image fall more slowly than its pixels."""
_POOR = 0.5
"""An image with less than this share of the bytes allowed was simpler than expected."""
_JPEG_QUALITY = 90
_FEW_COLORS = 32
"""Two fifths of the bytes of 256 colors, for a mean error of 1% instead of 0.5% in photographs."""
_PNG_BYTES, _JPEG_BYTES, _SIXEL_BYTES = 1.5, 0.5, 0.9
"""Bytes per pixel of photographs, in base64 or with few colors."""
_LOSSLESS_BYTES = 0.5
"""At least so many have photographs with all their colors."""
_FAST, _SMALL = 1, 6
"""PNG's compression levels."""
_Rgb = tuple[int, int, int]


def kitty_graphic(
    image: Image.Image, cell: Size, ground: _Rgb, number: int, is_virtual: bool, most_bytes: int | None = None
) -> Graphic:
    """An RGB image for kitty's protocol, with the image id `number`; is_virtual: for placeholders.

    cell: width and height of a cell in pixels. ground: fills the cells at the edges. most_bytes: the terminal enlarges
    what is drawn with fewer pixels.
    """
    canvas, cells = _canvas(image, cell, ground)
    graphic = kitty.virtual if is_virtual else kitty.placed

    def encode(scale: float) -> Graphic:
        return graphic(_png(_scaled(canvas, scale), most_bytes), cells, number)

    return encode(1.0) if most_bytes is None else _within(encode, canvas, most_bytes, _PNG_BYTES)


def iterm2_graphic(image: Image.Image, cell: Size, ground: _Rgb, most_bytes: int | None = None) -> Graphic:
    """An RGB image for iTerm2's protocol: PNG, or JPEG where that is too long. Arguments: see `kitty_graphic`."""
    canvas, cells = _canvas(image, cell, ground)
    if _may_fit(canvas, most_bytes):
        whole = iterm2.inline(_png(canvas, most_bytes), cells)
        if most_bytes is None or whole.byte_count <= most_bytes:
            return whole
    assert most_bytes is not None, "everything fits without a limit"
    return _within(lambda scale: iterm2.inline(_jpeg(_scaled(canvas, scale)), cells), canvas, most_bytes, _JPEG_BYTES)


def sixel_graphic(image: Image.Image, cell: Size, most_bytes: int | None = None) -> Graphic:
    """An RGB image as sixels, pixel for pixel. Within a limit of bytes, it has fewer colors, and covers fewer cells."""

    def encode(scale: float, colors: int = _FEW_COLORS) -> Graphic:
        smaller = _scaled(image, scale)
        return Graphic(_cells(smaller.size, cell), (sixel.encode(smaller, colors).decode(),))

    if _may_fit(image, most_bytes):
        whole = encode(1.0, sixel.COLORS)
        if most_bytes is None or whole.byte_count <= most_bytes:
            return whole
    assert most_bytes is not None, "everything fits without a limit"
    return _within(encode, image, most_bytes, _SIXEL_BYTES)


def _may_fit(image: Image.Image, most_bytes: int | None) -> bool:
    """Whether it is worth encoding the whole image with all its colors."""
    return most_bytes is None or _LOSSLESS_BYTES * image.width * image.height <= most_bytes


def _within(encode: Callable[[float], Graphic], image: Image.Image, most_bytes: int, bytes_per_pixel: float) -> Graphic:
    """The image about as large as the limit allows. encode: draws it by a factor of at most 1."""
    pixels = image.width * image.height
    scale = min(1.0, sqrt(most_bytes / (bytes_per_pixel * pixels)))
    graphic = encode(scale)
    if scale < 1 and graphic.byte_count < _POOR * most_bytes:
        scale = min(1.0, scale * _SAFETY * sqrt(most_bytes / graphic.byte_count))
        graphic = encode(scale)
    while graphic.byte_count > most_bytes and pixels * scale**2 > _FEWEST_PIXELS:
        scale *= _SAFETY * sqrt(most_bytes / graphic.byte_count)
        graphic = encode(scale)
    return graphic


def _scaled(image: Image.Image, scale: float) -> Image.Image:
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _canvas(image: Image.Image, cell: Size, ground: _Rgb) -> tuple[Image.Image, Size]:
    """The image on a canvas of whole cells, and their number."""
    cells = _cells(image.size, cell)
    canvas = Image.new("RGB", (cells[0] * cell[0], cells[1] * cell[1]), ground)
    canvas.paste(image)
    return canvas, cells


def _cells(size: Size, cell: Size) -> Size:
    return ceil(size[0] / cell[0]), ceil(size[1] / cell[1])


def _png(image: Image.Image, most_bytes: int | None) -> bytes:
    """Compressed quickly where bytes do not matter."""
    is_fast = most_bytes is None or most_bytes >= image.width * image.height
    file = BytesIO()
    image.save(file, "PNG", compress_level=_FAST if is_fast else _SMALL)
    return file.getvalue()


def _jpeg(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return file.getvalue()
