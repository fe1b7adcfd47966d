"""Images as graphics, decoded again: the pixels are there, in the right cells, within the bytes allowed."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from alc_tui.tui.graphics import sixel
from alc_tui.tui.graphics.encoding import iterm2_graphic, kitty_graphic, sixel_graphic
from alc_tui.tui.graphics.graphic import Graphic
from alc_tui.tui.graphics.kitty import new_id
from tests.app.graphics.decoding import Drawn, Reader
from tests.app.pictures.cells import noise

CELL, GROUND = (10, 20), (18, 18, 18)


def photo(width: int, height: int) -> Image.Image:
    """Smooth shades with a few edges and some grain, as photographs have them."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    planes = [200 - 90 * across * down, 120 + 80 * np.sin(3 * across), 90 + 60 * np.cos(4 * down)]
    grain = np.random.default_rng(0).normal(0, 2, (height, width, 3))
    image = Image.fromarray((np.stack(planes, -1) + grain).astype(np.uint8))
    ImageDraw.Draw(image).ellipse((width // 4, height // 4, width // 2, height // 2), (90, 40, 30), (20, 10, 10))
    return image


def drawn(graphic: Graphic) -> Drawn:
    (image,) = Reader("".join(graphic.show)).drawn
    return image


def kitty(image: Image.Image, most_bytes: int | None = None) -> Graphic:
    return kitty_graphic(image, CELL, GROUND, new_id(), is_virtual=False, most_bytes=most_bytes)


@pytest.mark.parametrize("size", [(60, 80), (61, 77), (1, 1), (10, 6), (7, 13), (300, 5)])
@pytest.mark.parametrize("colors", [1, 2, 5])
def test_sixels_hold_every_pixel(size: tuple[int, int], colors: int) -> None:
    palette = np.array([(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 51, 102), (204, 153, 51)], dtype=np.uint8)
    chosen = np.random.default_rng(colors).integers(colors, size=(size[1], size[0]))
    # Runs of all lengths: each pixel is repeated a random number of times.
    runs = np.repeat(chosen.ravel(), np.random.default_rng(7).integers(1, 30, chosen.size))[: chosen.size]
    pixels = palette[runs.reshape(chosen.shape)]
    assert (drawn(Graphic((1, 1), (sixel.encode(Image.fromarray(pixels)).decode(),))).pixels == pixels).all()


def test_sixels_are_close_to_a_photograph_in_256_colors() -> None:
    image = photo(200, 150)
    difference = np.abs(drawn(sixel_graphic(image, CELL)).pixels.astype(int) - np.asarray(image))
    assert difference.mean() < 3
    assert difference.max() < 60


def test_what_kitty_and_iterm2_get_is_the_image_itself_on_whole_cells() -> None:
    image = noise(95, 61)
    for graphic in (kitty(image), iterm2_graphic(image, CELL, GROUND)):
        shown = drawn(graphic)
        assert shown.cells == graphic.cells == (10, 4)
        assert shown.pixels.shape == (80, 100, 3)
        assert (shown.pixels[:61, :95] == np.asarray(image)).all()
        assert (shown.pixels[61:] == GROUND).all()
        assert (shown.pixels[:, 95:] == GROUND).all()


def test_a_kitty_image_leaves_the_cursor_and_can_be_deleted() -> None:
    graphic = kitty(noise(300, 200))
    controls = drawn(graphic).controls
    assert controls["C"] == "1", "the cursor would move"
    assert Reader(graphic.remove).deleted == [controls["i"]]
    assert len(graphic.show) > 1


def test_iterm2_images_disappear_with_their_cells() -> None:
    graphic = iterm2_graphic(noise(30, 20), CELL, GROUND)
    assert graphic.remove == ""
    assert drawn(graphic).controls["doNotMoveCursor"] == "1"


@pytest.mark.parametrize("most_bytes", [60_000, 20_000, 3_000])
def test_within_a_limit_there_are_fewer_pixels_in_the_same_cells(most_bytes: int) -> None:
    image = photo(400, 400)
    for encode in (kitty, lambda image, most: iterm2_graphic(image, CELL, GROUND, most)):
        full, limited = encode(image, None), encode(image, most_bytes)
        assert limited.byte_count <= most_bytes < full.byte_count
        assert limited.cells == full.cells
        shown = drawn(limited).pixels
        assert shown.shape[0] * shown.shape[1] <= 400 * 400
        smaller = np.asarray(image.resize((shown.shape[1], shown.shape[0]), Image.Resampling.LANCZOS)).astype(int)
        assert np.abs(shown - smaller).mean() < 8


@pytest.mark.parametrize("most_bytes", [20_000, 3_000])
def test_within_a_limit_sixels_cover_fewer_cells(most_bytes: int) -> None:
    image = photo(400, 400)
    full, limited = sixel_graphic(image, CELL), sixel_graphic(image, CELL, most_bytes)
    assert limited.byte_count <= most_bytes < full.byte_count
    assert full.cells == (40, 20)
    assert limited.cells[0] < 40
    height, width, _ = drawn(limited).pixels.shape
    assert (limited.cells[0] * 10 - width, limited.cells[1] * 20 - height) < (10, 20)


def test_within_a_limit_sixels_have_fewer_colors_rather_than_few_pixels() -> None:
    image = photo(400, 400)
    full = sixel_graphic(image, CELL)
    pixels = drawn(sixel_graphic(image, CELL, full.byte_count // 3)).pixels
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) <= 32
    assert pixels.shape[0] > 300
    assert (drawn(sixel_graphic(image, CELL, full.byte_count)).pixels == drawn(full).pixels).all()


def test_an_iterm2_image_that_fits_within_the_limit_loses_nothing() -> None:
    image = photo(200, 100)
    full = iterm2_graphic(image, CELL, GROUND)
    assert (drawn(iterm2_graphic(image, CELL, GROUND, full.byte_count)).pixels == drawn(full).pixels).all()
    assert (drawn(iterm2_graphic(image, CELL, GROUND, full.byte_count // 3)).pixels != drawn(full).pixels).any()


def test_a_limit_that_nothing_fits_in_still_gives_an_image() -> None:
    image = noise(200, 200)
    for graphic in (kitty(image, 10), iterm2_graphic(image, CELL, GROUND, 10), sixel_graphic(image, CELL, 10)):
        assert drawn(graphic).pixels.size > 0


def test_the_bytes_of_a_graphic_are_those_that_are_written() -> None:
    graphic = kitty(noise(50, 50))
    assert graphic.byte_count == len("".join(graphic.show).encode())


def test_ids_are_random_and_fit_a_color_of_the_palette_and_a_diacritic() -> None:
    ids = [new_id() for _ in range(200)]
    assert len(set(ids)) > 150
    assert all(one & 0xFF > 0 and not one & 0xFFFF00 and one >> 24 < 255 for one in ids)
