"""Half blocks, drawn by rich-pixels: a cell shows two dots, one above the other."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image
from rich.segment import Segment
from rich.style import Style
from rich_pixels import HalfcellRenderer

from alc_tui.tui.pictures.colors import Colors, Rgb, cell_style, reduce_colors

HALF_BLOCK_DOTS = (1, 2)

_GetPixel = Callable[[tuple[int, int]], tuple[int, int, int, int]]


def half_blocks(image: Image.Image, colors: Colors) -> list[list[Segment]]:
    """Rows of one segment per cell for an RGB image of one dot per pixel; with an odd height, the lower halves of the
    last row are left empty."""
    dots = reduce_colors(image, colors)
    if dots.height % 2:
        padded = Image.new("RGBA", (dots.width, dots.height + 1))
        padded.paste(dots)
        dots = padded
    cells = [segment for segment in _HalfBlocks(colors).render(dots, None) if segment.text != "\n"]
    return [cells[start : start + dots.width] for start in range(0, len(cells), dots.width)]


class _HalfBlocks(HalfcellRenderer):
    """Draws with the terminal's colors, and leaves transparent lower halves empty."""

    def __init__(self, colors: Colors) -> None:
        super().__init__()
        self._colors = colors
        self._styles: dict[tuple[Rgb | None, Rgb | None], Style] = {}

    def _style(self, lower: Rgb | None, upper: Rgb | None) -> Style:
        style = self._styles.get((lower, upper))
        if style is None:
            style = self._styles[lower, upper] = cell_style(lower, upper, self._colors)
        return style

    def _render_halfcell(self, *, x: int, y: int, get_pixel: _GetPixel) -> Segment:
        # A private method of rich-pixels: it has no public hook for the style of a cell, and its own styles are parsed
        # from text, cell by cell, which takes longer than all the rest of drawing an image.
        upper, lower = get_pixel((x, y)), get_pixel((x, y + 1))
        if not lower[3]:
            return Segment("▀", self._style(upper[:3], None))
        return Segment("▄", self._style(lower[:3], upper[:3]))
