"""Reads the cells of a picture."""

from __future__ import annotations

import numpy as np
from PIL import Image
from rich.style import Style

from alc_tui.tui.pictures.picture import Picture

HALF, QUADRANT = (1, 2), (2, 2)
"""Dots of a cell, across and down."""
Rgb = tuple[int, int, int]


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(256, size=(height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def cells_of(picture: Picture) -> list[list[tuple[str, Style]]]:
    """Character and style of each cell."""
    found = []
    for line in picture.lines:
        found.append([(character, segment.style or Style()) for segment in line for character in segment.text])
        assert len(found[-1]) == picture.columns == line.cell_length
    return found


def rgb(style: Style, ground: bool) -> Rgb | None:
    color = style.bgcolor if ground else style.color
    return None if color is None else tuple(color.get_truecolor())  # type: ignore[return-value]


def dots_of(picture: Picture) -> list[list[Rgb | None]]:
    """The colors that half-blocks put on the screen, two rows of dots for one of cells."""
    rows: list[list[Rgb | None]] = []
    for line in cells_of(picture):
        for is_lower in (False, True):
            rows.append([rgb(style, ground=is_lower == (character == "▀")) for character, style in line])
    return rows
