"""How large an image is at first, by what the line carries."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from PIL import Image

from alc_tui.tui.pictures.drafts import CELL_BYTES, draft, draft_area, rows_within
from alc_tui.tui.pictures.drawing import PreviewMode, draw
from alc_tui.tui.pictures.painter import PaintRequest
from tests.app.pictures.cells import noise

FULL = PaintRequest(0, (112, 56), PreviewMode())


@pytest.mark.parametrize("cells", [300, 800, 1500, 3000, 6000])
def test_a_draft_has_the_shape_of_the_image_and_at_most_the_cells_that_the_line_carries(cells: int) -> None:
    area = draft_area((112, 56), cells)
    assert area is not None
    assert abs(area[0] - 2 * area[1]) <= 1
    assert cells / 2 < area[0] * area[1] <= cells


def test_a_draft_is_never_too_small_to_be_recognized_and_never_larger_than_the_image() -> None:
    assert draft_area((112, 56), 1) == (24, 12)
    assert draft_area((20, 8), 1) is None
    assert draft_area((112, 56), 112 * 56) is None
    assert draft_area((112, 56), inf) is None


def test_nearly_the_same_line_gives_the_same_draft_so_that_pictures_drawn_ahead_fit() -> None:
    assert len({draft(FULL, carried, CELL_BYTES).area for carried in range(36_000, 40_000, 500)}) <= 2


def test_cells_are_fewer_where_each_costs_more() -> None:
    assert draft(FULL, 40_000, CELL_BYTES).area < draft(FULL, 40_000, CELL_BYTES / 2).area
    assert draft(FULL, inf, CELL_BYTES) == FULL


def test_graphics_have_fewer_pixels_in_the_same_cells() -> None:
    full = replace(FULL, mode=PreviewMode("kitty"))
    first = draft(full, 40_000, CELL_BYTES)
    assert first.area == full.area
    assert first.mode.most_bytes == 32_768
    assert draft(full, inf, CELL_BYTES) == full
    limited = replace(full, mode=replace(full.mode, most_bytes=60_000))
    assert draft(limited, 70_000, CELL_BYTES) == limited


def test_the_weight_of_a_picture_is_about_what_is_sent() -> None:
    picture = draw(noise(48, 48), (48, 24))
    # ESC [ 38;2;r;g;b;48;2;r;g;b m ▄ ESC [ 0 m is 26 bytes and the digits of six numbers, from one to three each.
    assert 26 + 6 * 2 <= picture.weight / (48 * 24) <= 26 + 6 * 3
    flat = draw(Image.new("RGB", (48, 48), (9, 9, 9)), (48, 24))
    assert flat.weight < 24 * (48 * 3 + 40)


def test_a_picture_is_sent_in_parts_that_the_line_carries() -> None:
    picture = draw(noise(48, 48), (48, 24))
    assert rows_within(picture, picture.weight / 4) == 6
    assert rows_within(picture, inf) == 24
    assert rows_within(picture, 1) == 1
