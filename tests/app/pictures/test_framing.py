"""The part of an image that is drawn and its size, worked out by hand or read off the cells."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from rich.style import Style

from alc_tui.tui.pictures.drawing import draw
from alc_tui.tui.pictures.framing import frame
from alc_tui.tui.pictures.view import LIGHT_STEPS, View, adjust_light
from tests.app.pictures.cells import HALF, QUADRANT, cells_of, dots_of, noise, rgb


@pytest.mark.parametrize(
    ("size", "area", "dots", "ratio", "expected"),
    [
        ((600, 450), (48, 24), HALF, 2.0, (48, 36)),
        ((450, 600), (48, 24), HALF, 2.0, (36, 48)),
        ((28, 28), (48, 24), HALF, 2.0, (28, 28)),
        ((12, 12), (48, 24), HALF, 2.0, (48, 48)),
        ((10, 20), (48, 24), HALF, 2.0, (20, 40)),
        ((33, 33), (48, 24), HALF, 2.0, (33, 33)),
        ((5000, 10), (48, 24), HALF, 2.0, (48, 1)),
        ((10, 5000), (48, 24), HALF, 2.0, (1, 48)),
        ((1, 1), (48, 24), HALF, 2.0, (48, 48)),
        # 48 columns hold 96 dots; a dot is half as wide as it is high: 96 × 36 dots are 4 : 3.
        ((600, 450), (48, 24), QUADRANT, 2.0, (96, 36)),
        ((12, 12), (48, 24), QUADRANT, 2.0, (96, 48)),
        # Cells of 8 × 20 pixels: 24 rows are 480 pixels high, 48 columns 384 wide; a dot is 8 × 10.
        ((600, 600), (48, 24), HALF, 2.5, (48, 38)),
        ((12, 12), (48, 24), HALF, 2.5, (45, 36)),
        # Cells of 7 × 15: too near to square dots to give up whole factors.
        ((12, 12), (48, 24), HALF, 15 / 7, (48, 48)),
    ],
)
def test_an_image_keeps_its_shape_and_grows_by_whole_factors(
    size: tuple[int, int], area: tuple[int, int], dots: tuple[int, int], ratio: float, expected: tuple[int, int]
) -> None:
    framed = frame(size, area, dots, ratio)
    assert framed.dots == expected
    assert framed.box == (0, 0, *size)


def test_a_four_by_four_image_is_drawn_dot_by_dot() -> None:
    image = noise(4, 4)
    picture = draw(image, (7, 3))
    assert (picture.columns, picture.rows, picture.size) == (4, 2, (4, 4))
    assert dots_of(picture) == [[image.getpixel((x, y)) for x in range(4)] for y in range(4)]


def test_a_small_image_is_enlarged_without_blur() -> None:
    image = noise(2, 2)
    picture = draw(image, (8, 4))
    assert dots_of(picture) == [[image.getpixel((x // 4, y // 4)) for x in range(8)] for y in range(8)]


def test_the_missing_half_of_an_odd_height_shows_the_ground() -> None:
    picture = draw(Image.new("RGB", (3, 3), (200, 10, 10)), (4, 2))
    assert picture.rows == 2
    assert [character for character, _ in cells_of(picture)[1]] == ["▀"] * 3
    assert all(style.bgcolor is None for _, style in cells_of(picture)[1])
    ground = picture.line(1, Style(bgcolor="#123456"))
    assert {(rgb(one.style, False), rgb(one.style, True)) for one in ground if one.style} == {
        ((200, 10, 10), (0x12, 0x34, 0x56))
    }
    assert picture.line(0, Style(bgcolor="#123456")) is picture.lines[0]


def test_a_large_image_is_averaged_not_sampled() -> None:
    checks = Image.fromarray(np.indices((400, 400)).sum(0).astype(np.uint8) % 2 * 255).convert("RGB")
    values = {channel for row in dots_of(draw(checks, (20, 10))) for dot in row if dot for channel in dot}
    assert all(abs(value - 127.5) < 8 for value in values)


def test_cells_alike_are_one_run() -> None:
    picture = draw(Image.new("RGB", (300, 300), (9, 9, 9)), (20, 10))
    assert [len(list(line)) for line in picture.lines] == [1] * 10


def test_zoom_shows_detail_of_the_original_that_is_invisible_when_fitted() -> None:
    image = Image.new("RGB", (960, 960))
    for x in range(480, 484):
        for y in range(480, 484):
            image.putpixel((x, y), (255, 255, 255) if (x + y) % 2 else (255, 0, 0))
    fitted = {dot for row in dots_of(draw(image, (48, 24))) for dot in row}
    assert (255, 255, 255) not in fitted
    assert (255, 0, 0) not in fitted
    picture = draw(image, (48, 24), view=View(zoom=64, x=481.5 / 960, y=481.5 / 960))
    seen = {dot for row in dots_of(picture) for dot in row}
    assert seen == {(255, 255, 255), (255, 0, 0), (0, 0, 0)}
    # 48 dots over 960 pixels, 64 times nearer: 3.2 dots a pixel, so 3, and 16 pixels across.
    assert picture.seen == (16 / 960, 16 / 960)


def test_a_zoomed_long_image_first_fills_the_area() -> None:
    picture = draw(noise(480, 60), (48, 24), view=View(zoom=4))
    assert (picture.columns, picture.rows) == (48, 12)
    assert picture.seen == (0.25, 1.0)


def test_zooming_ends_where_four_pixels_fill_the_width() -> None:
    assert draw(noise(480, 480), (48, 24)).max_zoom == 120
    nearest = draw(noise(48, 48), (48, 24), view=View(zoom=64))
    assert nearest.seen == (4 / 48, 4 / 48)


def test_a_view_zooms_by_steps_and_ends_at_both_ends() -> None:
    view = View()
    assert [(view := view.zoomed(1)).zoom for _ in range(4)] == [1.5, 2, 3, 4]
    assert View(zoom=4).zoomed(-2).zoom == 2
    assert View().zoomed(-1) == View()
    assert View().zoomed(99).zoom == 64
    assert View().zoomed(99, max_zoom=5).zoom == 4
    assert View(zoom=1.5, x=0.7, y=0.2, brightness=3).zoomed(-1) == View(brightness=3)


def test_panning_moves_by_quarters_of_the_visible_part_and_stops_at_the_edge() -> None:
    view = View(zoom=4).panned(1, 0)
    assert (view.x, view.y) == (0.5625, 0.5)
    assert View(zoom=4).panned(99, -99) == View(zoom=4, x=0.875, y=0.125)
    assert View(zoom=4, x=0.875).panned(-1, 0).x == 0.8125
    assert View().panned(1, 1) == View()
    # An image four times as wide as high: at zoom 4 all of its height is still seen.
    assert View(zoom=4).panned(1, 1, (0.25, 1.0)) == View(zoom=4, x=0.5625)


def test_brightness_and_contrast_are_reversible_steps_about_middle_gray() -> None:
    gray = Image.new("RGB", (1, 1), (100, 127, 250))
    assert adjust_light(gray, View(brightness=2)).getpixel((0, 0)) == (126, 152, 255)  # 25.5 each, to the even one
    assert adjust_light(gray, View(contrast=1)).getpixel((0, 0)) == (94, 127, 255)  # (100 − 127.5) · 1.2 + 127.5 = 94.5
    assert adjust_light(gray, View()) is gray
    view = View(zoom=2).brightened(3).contrasted(-2)
    assert (view.brightness, view.contrast, view.zoom) == (3, -2, 2)
    assert view.brightened(99).brightness == LIGHT_STEPS
    assert view.contrasted(-99).contrast == -LIGHT_STEPS
    assert view.brightened(-3).contrasted(2) == View(zoom=2)
    assert view.whole() == View(brightness=3, contrast=-2)
    assert (view.brightness, view.contrast) == (3, -2)
