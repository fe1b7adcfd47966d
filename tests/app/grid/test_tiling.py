"""The layout of thumbnails."""

from __future__ import annotations

import pytest

from alc_tui.tui.grid.tiling import FEWEST_TILES, layout

SPACES = [(78, 17), (78, 18), (118, 32), (158, 41), (198, 53), (300, 40), (60, 80)]


def side(area: tuple[int, int]) -> int:
    """The columns of the square image that fits; a cell is twice as high as wide."""
    return min(area[0], 2 * area[1])


@pytest.mark.parametrize(
    ("space", "columns", "rows", "area"),
    [((78, 17), 6, 2, (12, 6)), ((118, 32), 4, 2, (28, 14)), ((198, 53), 4, 2, (48, 24))],
)
def test_tiles_grow_with_the_window(space: tuple[int, int], columns: int, rows: int, area: tuple[int, int]) -> None:
    found = layout(space, 8)
    assert (found.columns, found.rows, found.page, found.area) == (columns, rows, columns * rows, area)


@pytest.mark.parametrize("space", SPACES)
def test_images_are_as_large_as_enough_of_them_allow(space: tuple[int, int]) -> None:
    for tiles in FEWEST_TILES:
        found = layout(space, tiles)
        areas = [
            (space[0] // columns - 1, space[1] // rows - 2)
            for columns in range(1, 60)
            for rows in range(1, 30)
            if columns * rows >= tiles
        ]
        largest = max(side(area) for area in areas)
        assert found.page >= tiles or largest < side((12, 5)) + 2
        assert side(found.area) >= (largest if largest > side((12, 5)) + 2 else min(largest, side((12, 5))))


@pytest.mark.parametrize("space", SPACES)
def test_fewer_images_are_never_smaller(space: tuple[int, int]) -> None:
    sides = [side(layout(space, tiles).area) for tiles in FEWEST_TILES]
    assert sides == sorted(sides) and sides[0] < sides[-1]


def test_tiles_share_out_the_room_there_is() -> None:
    found = layout((80, 18), 12)
    assert (found.columns, found.step, found.area) == (6, (13, 9), (12, 7))
    assert layout((5, 3), 12).page == 1
    assert layout((0, 0), 12).page == 1
