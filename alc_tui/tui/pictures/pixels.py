"""Pictures that the terminal draws pixel by pixel: empty cells and the graphic for them."""

from __future__ import annotations

from PIL import Image
from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from alc_tui.tui.graphics import kitty
from alc_tui.tui.graphics.encoding import iterm2_graphic, kitty_graphic, sixel_graphic
from alc_tui.tui.graphics.graphic import ITERM2, SIXEL, Graphic
from alc_tui.tui.pictures.colors import Rgb
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.picture import Picture, join_rows


def graphic_picture(
    image: Image.Image, protocol: str, cell: Size, ground: Rgb, is_tmux: bool, most_bytes: int | None
) -> Picture:
    """An RGB image for a graphics protocol, pixel for pixel if bytes allow. Arguments: see `PreviewMode`."""
    if protocol == SIXEL:
        return _empty(sixel_graphic(image, cell, most_bytes))
    if protocol == ITERM2:
        return _empty(iterm2_graphic(image, cell, ground, most_bytes))
    number = kitty.new_id()
    graphic = kitty_graphic(image, cell, ground, number, is_virtual=is_tmux, most_bytes=most_bytes)
    if not is_tmux:
        return _empty(graphic, _unpainted(ground))
    columns, rows = graphic.cells
    lines = tuple(Strip(row, columns) for row in kitty.placeholders(graphic.cells, number))
    return Picture(lines, columns, readable=True, transparent_lines=frozenset(range(rows)), graphic=graphic)


def _empty(graphic: Graphic, style: Style | None = None) -> Picture:
    """Empty cells in a style; None for the background of the widget."""
    columns, rows = graphic.cells
    lines, transparent = join_rows([[Segment(" " * columns, style)]] * rows, columns)
    return Picture(lines, columns, readable=True, transparent_lines=transparent, graphic=graphic)


def _unpainted(ground: Rgb) -> Style:
    """The terminal's own background, below which a graphic is visible. It comes with a triplet, so that Textual keeps
    it, but mixes it with the color of a dialog before the screen."""
    return Style(bgcolor=Color("", ColorType.DEFAULT, None, ColorTriplet(*ground)))
