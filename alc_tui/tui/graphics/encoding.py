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
_JPEG_QUALITY = 90
_FEW_COLORS = 32
"""Two fifths of the bytes of 256 colors, for a mean error of 1% instead of 0.5% in photographs."""
_FAST = 1
"""PNG's compression level where bytes do not matter."""
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

    return _within(encode, canvas, most_bytes)


def iterm2_graphic(image: Image.Image, cell: Size, ground: _Rgb, most_bytes: int | None = None) -> Graphic:
    """An RGB image for iTerm2's protocol: PNG, or JPEG where that is too long. Arguments: see `kitty_graphic`."""
    canvas, cells = _canvas(image, cell, ground)
    whole = iterm2.inline(_png(canvas, most_bytes), cells)
    if most_bytes is None or whole.byte_count <= most_bytes:
        return whole
    return _within(lambda scale: iterm2.inline(_jpeg(_scaled(canvas, scale)), cells), canvas, most_bytes)


def sixel_graphic(image: Image.Image, cell: Size, most_bytes: int | None = None) -> Graphic:
    """An RGB image as sixels, pixel for pixel. Within a limit of bytes, it has fewer colors, and covers fewer cells."""

    def encode(scale: float, colors: int = _FEW_COLORS) -> Graphic:
        smaller = _scaled(image, scale)
        return Graphic(_cells(smaller.size, cell), (sixel.encode(smaller, colors).decode(),))

    whole = encode(1.0, sixel.COLORS)
    if most_bytes is None or whole.byte_count <= most_bytes:
        return whole
    return _within(encode, image, most_bytes)


def _within(encode: Callable[[float], Graphic], image: Image.Image, most_bytes: int | None) -> Graphic:
    """The image as large as the limit allows. encode: draws it by a factor of at most 1."""
    scale = 1.0
    graphic = encode(scale)
    while most_bytes is not None and graphic.byte_count > most_bytes and _pixels(image, scale) > _FEWEST_PIXELS:
        scale *= _SAFETY * sqrt(most_bytes / graphic.byte_count)
        graphic = encode(scale)
    return graphic


def _pixels(image: Image.Image, scale: float) -> float:
    return image.width * image.height * scale**2


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
    file = BytesIO()
    image.save(file, "PNG", **({"compress_level": _FAST} if most_bytes is None else {}))
    return file.getvalue()


def _jpeg(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return file.getvalue()
