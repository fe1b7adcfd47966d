"""Half-blocks, drawn by rich-pixels: a cell shows two dots, one above the other."""

from __future__ import annotations

from PIL import Image
from rich.segment import Segment
from rich.style import Style
from rich_pixels import HalfcellRenderer
from rich_pixels._renderer import GetPixel

from alc_tui.tui.pictures.colors import Colors, Rgb, reduced, style

DOTS = (1, 2)


def halves(image: Image.Image, colors: Colors) -> list[list[Segment]]:
    """Rows of one segment a cell for an RGB image of one dot a pixel; an odd last row leaves the lower halves bare."""
    dots = reduced(image, colors)
    if dots.height % 2:
        padded = Image.new("RGBA", (dots.width, dots.height + 1))
        padded.paste(dots)
        dots = padded
    cells = [one for one in _Halves(colors).render(dots, None) if one.text != "\n"]
    return [cells[start : start + dots.width] for start in range(0, len(cells), dots.width)]


class _Halves(HalfcellRenderer):
    """Makes styles without parsing, in colors that the terminal has, and keeps transparent lower halves bare."""

    def __init__(self, colors: Colors) -> None:
        super().__init__()
        self._colors = colors
        self._styles: dict[tuple[Rgb | None, Rgb | None], Style] = {}

    def _style(self, lower: Rgb | None, upper: Rgb | None) -> Style:
        found = self._styles.get((lower, upper))
        if found is None:
            found = self._styles[lower, upper] = style(lower, upper, self._colors)
        return found

    def _render_halfcell(self, *, x: int, y: int, get_pixel: GetPixel) -> Segment:
        upper, lower = get_pixel((x, y)), get_pixel((x, y + 1))
        if not lower[3]:
            return Segment("▀", self._style(upper[:3], None))
        return Segment("▄", self._style(lower[:3], upper[:3]))
