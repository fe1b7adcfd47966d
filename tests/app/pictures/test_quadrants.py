"""Quadrant blocks against brute force and by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from PIL import Image

from alc_tui.tui.pictures.drawing import PreviewMode, draw
from alc_tui.tui.pictures.quadrants import GLYPHS
from tests.app.pictures.cells import cells_of, noise, rgb


def least_error(cell: np.ndarray) -> float:
    """By trying all sixteen ways to share four dots between two means."""
    errors = []
    for chosen in product([False, True], repeat=4):
        which, error = np.array(chosen), 0.0
        for part in (cell[which], cell[~which]):
            if len(part):
                error += float(((part - part.mean(0)) ** 2).sum())
        errors.append(error)
    return min(errors)


def test_quadrants_make_the_least_error_that_two_colors_can() -> None:
    image = noise(80, 40, seed=3)
    pixels = np.asarray(image, dtype=np.float64)
    picture = draw(image, (40, 20), PreviewMode("quadrant", ratio=1.0))
    assert (picture.columns, picture.rows) == (40, 20)
    for row, line in enumerate(cells_of(picture)):
        for column, (character, style) in enumerate(line):
            cell = pixels[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].reshape(4, 3)
            bits = GLYPHS.index(character)
            shown = np.array([rgb(style, ground=not bits >> dot & 1) for dot in range(4)], dtype=np.float64)
            # Colors are whole numbers: a quarter of a level squared for each of twelve channels at most.
            assert ((shown - cell) ** 2).sum() <= least_error(cell) + 3


@pytest.mark.parametrize(
    ("dots", "character"), [("10/00", "▘"), ("11/00", "▀"), ("10/10", "▌"), ("10/01", "▚"), ("01/11", "▟")]
)
def test_two_colors_in_a_cell_are_drawn_exactly(dots: str, character: str) -> None:
    image = Image.new("RGB", (2, 2), (10, 20, 30))
    for y, row in enumerate(dots.split("/")):
        for x, dot in enumerate(row):
            if dot == "1":
                image.putpixel((x, y), (200, 100, 50))
    [[(drawn, style)]] = cells_of(draw(image, (1, 1), PreviewMode("quadrant", ratio=1.0)))
    pair = (rgb(style, False), rgb(style, True))
    other = GLYPHS[15 - GLYPHS.index(character)]
    assert (drawn, pair) in [
        (character, ((200, 100, 50), (10, 20, 30))),
        (other, ((10, 20, 30), (200, 100, 50))),
    ]


def test_quadrants_leave_the_ground_where_odd_edges_have_no_dots() -> None:
    picture = draw(Image.new("RGB", (3, 3), (200, 10, 10)), (2, 2), PreviewMode("quadrant", ratio=1.0))
    assert [[character for character, _ in line] for line in cells_of(picture)] == [[" ", "▌"], ["▀", "▘"]]
    assert rgb(cells_of(picture)[1][1][1], ground=False) == (200, 10, 10)
    assert cells_of(picture)[1][1][1].bgcolor is None
