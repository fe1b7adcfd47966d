"""Turns an image into a picture: crops, scales, adjusts brightness and contrast, and draws it in a preview mode."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image
from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.strip import Strip

from alc_tui.errors import UsageError
from alc_tui.text.format import plain
from alc_tui.tui.graphics import graphic, passage, terminals
from alc_tui.tui.graphics.encoding import DEFAULT_CELL, SMALL_CELL
from alc_tui.tui.graphics.kitty import MOST_CELLS
from alc_tui.tui.pictures.cells import DEFAULT_RATIO, cell_pixels, cell_ratio
from alc_tui.tui.pictures.colors import SYSTEMS, Colors, Rgb, colors_of
from alc_tui.tui.pictures.framing import Size, crop, frame
from alc_tui.tui.pictures.half_blocks import HALF_BLOCK_DOTS, half_blocks
from alc_tui.tui.pictures.picture import Picture, join_rows, text_picture, weigh
from alc_tui.tui.pictures.pixels import graphic_picture
from alc_tui.tui.pictures.quadrants import QUADRANT_DOTS, quadrants
from alc_tui.tui.pictures.view import View, adjust_light
from alc_tui.tui.terminal import tmux

AUTO, BLOCKS = "auto", "half"
PREVIEWS = (AUTO, BLOCKS, "quadrant", *graphic.PROTOCOLS, "off")
"""How images may be shown: `half` anywhere, `quadrant` sharper, the graphics protocols in terminals that have them;
`auto` by the terminal's protocol if that is known, else as `half`."""


_PLACEHOLDER_COLORS = ("truecolor", "256")
"""Where a color can name an image."""


@dataclass(frozen=True)
class PreviewMode:
    """preview: one of `PREVIEWS`, but `auto`. ratio: height over width of a cell. smooth: whether enlarged images are
    interpolated and fill the area; otherwise, their pixels stay exact.

    For graphics: cell is the width and height of a cell in pixels; ground fills the cells at their edges; is_tmux:
    whether they go through tmux; most_bytes: a limit, within which as many pixels are drawn as possible.
    """

    preview: str = BLOCKS
    colors: Colors = "truecolor"
    ratio: float = DEFAULT_RATIO
    cell: Size = DEFAULT_CELL
    ground: Rgb = (0, 0, 0)
    is_tmux: bool = False
    most_bytes: int | None = None
    smooth: bool = False

    @property
    def is_graphic(self) -> bool:
        """Whether images are drawn by a graphics protocol."""
        return self.preview in graphic.PROTOCOLS

    @property
    def small(self) -> PreviewMode:
        """The mode for thumbnails: blocks, never graphics."""
        return replace(self, preview="quadrant") if self.is_graphic else self


def check(preview: str) -> None:
    """Raise UsageError unless the preview exists."""
    if preview not in PREVIEWS:
        raise UsageError(f"Unknown preview {preview!r}; use {', '.join(PREVIEWS[:-1])} or {PREVIEWS[-1]}.")


def preview_mode(app: App[Any], preview: str = AUTO, smooth: bool = False) -> PreviewMode:
    """How `preview` is drawn in the app's terminal; raises UsageError if it cannot be. smooth: see `PreviewMode`."""
    check(preview)
    colors, is_tmux = colors_of(app), tmux.is_inside(os.environ)
    if preview == AUTO:
        protocol = None if app.is_headless else terminals.known_protocol(os.environ)
        lacks_colors = protocol == graphic.KITTY and is_tmux and colors not in _PLACEHOLDER_COLORS
        preview = BLOCKS if protocol is None or lacks_colors else protocol
    elif preview in graphic.PROTOCOLS:
        passage.check(os.environ)
    if preview == graphic.KITTY and is_tmux and colors not in _PLACEHOLDER_COLORS:
        raise UsageError("kitty's images need 256 colors in tmux; run `unset NO_COLOR`, or use --preview quadrant.")
    width, height = map(int, cell_pixels())
    unknown = SMALL_CELL if preview == graphic.SIXEL else DEFAULT_CELL
    return PreviewMode(
        preview,
        colors,
        cell_ratio(),
        (width, height) if width and height else unknown,
        Color.parse(app.theme_variables.get("background", "black")).rgb,
        is_tmux,
        passage.MOST_BYTES if is_tmux else None,
        smooth,
    )


def draw(image: Image.Image, area: Size, mode: PreviewMode | None = None, view: View | None = None) -> Picture:
    """The picture of an RGB image, as large as `area` (columns, rows) allows."""
    mode, view = mode or PreviewMode(), view or View()
    dots = mode.cell if mode.is_graphic else QUADRANT_DOTS if mode.preview == "quadrant" else HALF_BLOCK_DOTS
    ratio = mode.cell[1] / mode.cell[0] if mode.is_graphic else mode.ratio
    if mode.preview == graphic.KITTY and mode.is_tmux:
        area = min(area[0], MOST_CELLS), min(area[1], MOST_CELLS)
    framed = frame(image.size, area, dots, ratio, view, mode.smooth)
    picture = _draw(adjust_light(crop(image, framed), view), mode)
    left, top, right, bottom = framed.box
    seen = (right - left) / image.width, (bottom - top) / image.height
    return replace(picture, size=image.size, seen=seen, max_zoom=framed.max_zoom, weight=weigh(picture))


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
    if mode.is_graphic:
        return graphic_picture(image, mode.preview, mode.cell, mode.ground, mode.is_tmux, mode.most_bytes)
    rows = (quadrants if mode.preview == "quadrant" else half_blocks)(image, mode.colors)
    _render_styles(rows, mode.colors)
    lines, transparent = join_rows(rows, len(rows[0]))
    return Picture(lines, len(rows[0]), readable=True, transparent_lines=transparent)


def _render_styles(rows: Iterable[Iterable[Segment]], colors: Colors) -> None:
    """Compute the escape sequences of all styles here, in the painter's thread; Textual keeps them."""
    if colors in SYSTEMS:
        for style in {segment.style for row in rows for segment in row if segment.style is not None}:
            Strip.render_ansi(style, SYSTEMS[colors])
