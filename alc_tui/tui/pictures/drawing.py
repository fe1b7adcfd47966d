"""Turns an image into a picture: crops, scales, adjusts brightness and contrast, and draws it in a preview mode."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from PIL import Image
from textual.app import App

from alc_tui.errors import UsageError
from alc_tui.text.format import plain
from alc_tui.tui.pictures import sharp
from alc_tui.tui.pictures.cells import DEFAULT_RATIO, cell_pixels, cell_ratio
from alc_tui.tui.pictures.colors import Colors, colors_of
from alc_tui.tui.pictures.framing import Size, crop, frame
from alc_tui.tui.pictures.half_blocks import HALF_BLOCK_DOTS, half_blocks
from alc_tui.tui.pictures.picture import Picture, join_rows, text_picture
from alc_tui.tui.pictures.quadrants import QUADRANT_DOTS, quadrants
from alc_tui.tui.pictures.view import View, adjust_light

PREVIEWS = ("half", "quadrant", *sharp.SHARP, "off")
"""How images may be shown: `half` anywhere, `quadrant` sharper, `kitty` and `sixel` in terminals that support them."""


@dataclass(frozen=True)
class PreviewMode:
    """preview: one of `PREVIEWS`. ratio: height over width of a cell. cell: its size in pixels, for sharp pictures."""

    preview: str = "half"
    colors: Colors = "truecolor"
    ratio: float = DEFAULT_RATIO
    cell: Size = sharp.DEFAULT_CELL

    @property
    def small(self) -> PreviewMode:
        """The mode for thumbnails: blocks, never sharp pictures."""
        return replace(self, preview="quadrant") if self.preview in sharp.SHARP else self


def check(preview: str) -> None:
    """Raise UsageError unless the preview exists and the extra it needs is installed."""
    if preview not in PREVIEWS:
        raise UsageError(f"Unknown preview {preview!r}; use {', '.join(PREVIEWS[:-1])} or {PREVIEWS[-1]}.")
    if preview in sharp.SHARP:
        sharp.check(preview)


def preview_mode(app: App[Any], preview: str = "half") -> PreviewMode:
    """How `preview` is drawn in the app's terminal; raises UsageError if it cannot be."""
    check(preview)
    colors = colors_of(app)
    if preview == "kitty" and colors != "truecolor":
        raise UsageError("--preview kitty requires 24-bit color; set COLORTERM=truecolor or use --preview quadrant.")
    width, height = map(int, cell_pixels())
    return PreviewMode(preview, colors, cell_ratio(), (width, height) if width and height else sharp.DEFAULT_CELL)


def draw(image: Image.Image, area: Size, mode: PreviewMode | None = None, view: View | None = None) -> Picture:
    """The picture of an RGB image, as large as `area` (columns, rows) allows."""
    mode, view = mode or PreviewMode(), view or View()
    is_sharp = mode.preview in sharp.SHARP
    dots = mode.cell if is_sharp else QUADRANT_DOTS if mode.preview == "quadrant" else HALF_BLOCK_DOTS
    ratio = mode.cell[1] / mode.cell[0] if is_sharp else mode.ratio
    framed = frame(image.size, area, dots, ratio, view)
    picture = _draw(adjust_light(crop(image, framed), view), mode)
    left, top, right, bottom = framed.box
    seen = (right - left) / image.width, (bottom - top) / image.height
    return replace(picture, size=image.size, seen=seen, max_zoom=framed.max_zoom)


def file_name_picture(locator: str, area: Size) -> Picture:
    """The file name in place of the image, for `--preview off`. Folders may be named after a label and are left out."""
    name = plain(locator.rpartition("/")[2])
    lines = [
        "Images are off (--preview off). This image is",
        "",
        name,
        "",
        "Press the key for the original to see its path.",
    ]
    return text_picture(lines, area, readable=True)


def error_picture(problem: Exception, area: Size) -> Picture:
    """A text picture that explains why the image cannot be shown."""
    reason = plain(str(problem) or type(problem).__name__).rstrip(".")
    lines = [f"This image cannot be shown: {reason}.", "", "Skip it, flag it or exclude it."]
    return text_picture(lines, area, readable=False)


def _draw(image: Image.Image, mode: PreviewMode) -> Picture:
    if mode.preview == "kitty":
        return sharp.kitty(image, mode.cell)
    if mode.preview == "sixel":
        return sharp.sixel(image, mode.cell)
    rows = (quadrants if mode.preview == "quadrant" else half_blocks)(image, mode.colors)
    lines, transparent = join_rows(rows, len(rows[0]))
    return Picture(lines, len(rows[0]), readable=True, transparent_lines=transparent)
