"""The part of the test card that shows one image in each preview, so that the user sees which ones the terminal has.

Nothing is asked: a terminal without a protocol ignores it, and leaves its place empty.
"""

from __future__ import annotations

import colorsys
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TextIO

import numpy as np
from PIL import Image
from rich.segment import Segment
from rich.style import Style

from alc_tui.tui.graphics import kitty, terminals
from alc_tui.tui.graphics.encoding import DEFAULT_CELL, SMALL_CELL, iterm2_graphic, kitty_graphic, sixel_graphic
from alc_tui.tui.graphics.graphic import ITERM2, KITTY, SIXEL, Graphic
from alc_tui.tui.graphics.passage import Passage
from alc_tui.tui.pictures.cells import cell_pixels, cell_ratio
from alc_tui.tui.pictures.colors import SYSTEMS, Colors
from alc_tui.tui.pictures.framing import Size, crop, frame
from alc_tui.tui.pictures.half_blocks import HALF_BLOCK_DOTS, half_blocks
from alc_tui.tui.pictures.quadrants import QUADRANT_DOTS, quadrants

AREA = (14, 6)
"""Columns and rows of each image."""
GAP = 2
"""Columns between them."""
PIXELS = 120
"""Width and height of the image."""
HUES, RINGS = 12, 7
MOST_BYTES = 8000
"""Of a graphic: some terminals that do not have its protocol print what is longer."""
SETTLE_SECONDS = 0.2
"""How long tmux takes to put the terminal's cursor where the program's is."""

_WITHOUT_SEQUENCES = ("", "dumb", "unknown", "linux")
"""Terminals that might print what they do not understand."""
_COLORS: Mapping[str | None, Colors] = {"truecolor": "truecolor", "256": "256", "standard": "16"}
_GROUND = (0, 0, 0)
_Rows = Sequence[Sequence[Segment]]


def has_images(environment: Mapping[str, str]) -> bool:
    """Whether sequences of graphics may be sent to the terminal."""
    return environment.get("TERM", "") not in _WITHOUT_SEQUENCES and not environment.get("STY")


def show(
    environment: Mapping[str, str], system: str | None, output: TextIO | None = None, settle: float = SETTLE_SECONDS
) -> None:
    """Draw the images side by side below the cursor. system: Rich's name for the colors. settle: seconds, for tmux."""
    output, passage, number = output or sys.stdout, Passage(environment), kitty.new_id()
    graphics = _graphics(passage.is_tmux, number)
    colors = _COLORS.get(system, "none")
    blocks = {
        "half": half_blocks(_scaled(HALF_BLOCK_DOTS), colors),
        "quadrant": quadrants(_scaled(QUADRANT_DOTS), colors),
        KITTY: kitty.placeholders(graphics[KITTY].cells, number) if passage.is_tmux else [],
        SIXEL: [],
        ITERM2: [],
    }
    output.write(_lines(blocks, colors))
    output.flush()
    if passage.is_tmux:
        time.sleep(settle)
    for name, graphic in graphics.items():
        corner = f"\x1b[{AREA[1] + 1}A\r\x1b[{list(blocks).index(name) * (AREA[0] + GAP)}C"
        output.write(passage.draw_from(corner, *graphic.show))
    output.write(f"Use a --preview whose place is not empty. auto is {auto(environment)} here.\n")
    output.flush()


def auto(environment: Mapping[str, str]) -> str:
    """What the preview `auto` is in this terminal."""
    return terminals.known_protocol(environment) or "half"


def image() -> Image.Image:
    """A disc of twelve hues, with fine rings that only pixels show."""
    across, down = np.meshgrid(*[np.linspace(-1, 1, PIXELS)] * 2)
    radius, turn = np.hypot(across, down), (np.arctan2(down, across) / (2 * np.pi)) % 1
    hues = np.array([colorsys.hsv_to_rgb(hue / HUES, 1, 1) for hue in range(HUES)])
    rings = np.where(radius * RINGS % 1 < 0.5, 1.0, 0.4)[..., None]
    disc = 255 * hues[(turn * HUES).astype(int) % HUES] * rings * (radius < 1)[..., None]
    return Image.fromarray(disc.astype(np.uint8))


def _graphics(is_tmux: bool, number: int) -> dict[str, Graphic]:
    width, height = map(int, cell_pixels())
    cell, small = [(width, height) if width else unknown for unknown in (DEFAULT_CELL, SMALL_CELL)]
    return {
        KITTY: kitty_graphic(_scaled(cell), cell, _GROUND, number, is_tmux, MOST_BYTES),
        SIXEL: sixel_graphic(_scaled(small), small, MOST_BYTES),
        ITERM2: iterm2_graphic(_scaled(cell), cell, _GROUND, MOST_BYTES),
    }


def _scaled(dots: Size) -> Image.Image:
    """The image as it fits the area, with so many dots per cell."""
    return crop(image(), frame((PIXELS, PIXELS), AREA, dots, cell_ratio()))


def _lines(blocks: Mapping[str, _Rows], colors: Colors) -> str:
    """The cells of all images, and their names below."""
    rows = ["".join(_row(rows[row : row + 1], colors) for rows in blocks.values()) for row in range(AREA[1])]
    names = "".join(name.ljust(AREA[0] + GAP) for name in blocks)
    return "".join(f"{line}\n" for line in (*rows, names.rstrip()))


def _row(segments: _Rows, colors: Colors) -> str:
    cells = [(text, style or Style()) for row in segments for text, style, _ in row]
    text = "".join(style.render(text, color_system=SYSTEMS.get(colors)) for text, style in cells)
    return text + " " * (AREA[0] + GAP - len(cells))
