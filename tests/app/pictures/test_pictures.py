"""Images in cells: how large, which part, which colors; worked out by hand, by brute force, or read off the cells."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import ANSIToTruecolor
from textual.strip import Strip

from alc_tui.errors import UsageError
from alc_tui.tui.pictures import cells, drawing
from alc_tui.tui.pictures.cells import cell_pixels, cell_ratio
from alc_tui.tui.pictures.colors import XTERM, colors_of, reduce_colors, warning
from alc_tui.tui.pictures.drawing import PreviewMode, draw, preview_mode
from alc_tui.tui.pictures.framing import frame
from alc_tui.tui.pictures.picture import Picture, text_picture
from alc_tui.tui.pictures.quadrants import GLYPHS
from alc_tui.tui.pictures.view import LIGHT_STEPS, View, adjust_light

HALF, QUADRANT = (1, 2), (2, 2)
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
    assert draw(noise(480, 480), (48, 24)).deepest == 120
    nearest = draw(noise(48, 48), (48, 24), view=View(zoom=64))
    assert nearest.seen == (4 / 48, 4 / 48)


def test_a_view_zooms_by_steps_and_ends_at_both_ends() -> None:
    view = View()
    assert [(view := view.zoomed(1)).zoom for _ in range(4)] == [1.5, 2, 3, 4]
    assert View(zoom=4).zoomed(-2).zoom == 2
    assert View().zoomed(-1) == View()
    assert View().zoomed(99).zoom == 64
    assert View().zoomed(99, deepest=5).zoom == 4
    assert View(zoom=1.5, x=0.7, y=0.2, brightness=3).zoomed(-1) == View(brightness=3)


def test_panning_moves_by_quarters_of_what_is_seen_and_stops_at_the_edge() -> None:
    view = View(zoom=4).panned(1, 0)
    assert (view.x, view.y) == (0.5625, 0.5)
    assert View(zoom=4).panned(99, -99) == View(zoom=4, x=0.875, y=0.125)
    assert View(zoom=4, x=0.875).panned(-1, 0).x == 0.8125
    assert View().panned(1, 1) == View()
    # An image four times as wide as high: at zoom 4 all of its height is still seen.
    assert View(zoom=4).panned(1, 1, (0.25, 1.0)) == View(zoom=4, x=0.5625)


def test_brightness_and_contrast_are_steps_about_middle_gray_and_can_be_taken_back() -> None:
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


def xterm(number: int) -> Rgb:
    """The color behind a number of 16…255, from xterm's own formula."""
    if number >= 232:
        return (8 + 10 * (number - 232),) * 3
    levels = [0 if step == 0 else 55 + 40 * step for step in ((number - 16) // 36, (number - 16) // 6 % 6, number % 6)]
    levels[2] = 0 if (number - 16) % 6 == 0 else 55 + 40 * ((number - 16) % 6)
    return levels[0], levels[1], levels[2]


def test_the_palette_is_that_of_xterm() -> None:
    assert {number: color for color, number in XTERM.items()} == {number: xterm(number) for number in range(16, 256)}


@pytest.mark.parametrize("preview", ["half", "quadrant"])
def test_with_256_colors_exactly_those_of_the_palette_are_sent(preview: str) -> None:
    ramp = Image.linear_gradient("L").resize((200, 200)).convert("RGB")
    for image in (noise(200, 200), ramp):
        picture = draw(image, (20, 10), PreviewMode(preview, "256"))
        to_truecolor = ANSIToTruecolor(App().ansi_theme)
        for line in picture.lines:
            for _, style, _ in line.apply_filter(to_truecolor, Color(0, 0, 0)):
                assert style is not None
                for color, code in ((style.color, "38"), (style.bgcolor, "48")):
                    if color is not None:
                        sent = color.downgrade(ColorSystem.EIGHT_BIT).get_ansi_codes(code == "38")
                        assert sent[:2] == (code, "5")
                        assert xterm(int(sent[2])) == tuple(color.get_truecolor())


def test_dithering_keeps_the_mean_where_the_palette_has_no_such_color() -> None:
    skin = Image.new("RGB", (60, 60), (186, 140, 118))
    dithered = np.asarray(reduce_colors(skin, "256"), dtype=np.float64)
    assert len({tuple(dot) for dot in dithered.reshape(-1, 3)}) > 1
    assert np.abs(dithered.mean((0, 1)) - (186, 140, 118)).max() < 4


def test_truecolor_is_untouched_and_fewer_colors_are_gray() -> None:
    image = noise(20, 20)
    assert reduce_colors(image, "truecolor") is image
    for colors in ("16", "none"):
        pixels = np.asarray(reduce_colors(image, colors))
        assert (pixels == pixels[..., :1]).all()
    assert set(np.unique(np.asarray(reduce_colors(image, "16")))) <= {0, 85, 170, 255}
    picture = draw(image, (20, 10), PreviewMode("half", "16"))
    codes = {Strip.render_ansi(one.style, ColorSystem.STANDARD) for line in picture.lines for one in line if one.style}
    used = {part for code in codes for part in code.split(";")}
    assert used <= {"30", "90", "37", "97", "40", "100", "47", "107"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "dumb"}, "none"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "none"),
    ],
)
def test_colors_are_what_textual_takes_the_terminal_for(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "COLORTERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert colors_of(App()) == expected


def test_experts_are_told_where_colors_must_not_be_judged() -> None:
    assert warning("truecolor") is None
    assert warning("256") is None
    assert "do not judge by color" in (warning("16") or "")
    assert "do not judge by color" in (warning("none") or "")


@pytest.mark.parametrize(
    ("pixels", "expected"), [((1600, 960), 960 / 24 / (1600 / 80)), ((800, 600), 2.5), ((0, 0), 2.0), ((80, 960), 2.0)]
)
def test_the_shape_of_a_cell_comes_from_the_kernel_or_is_one_to_two(
    pixels: tuple[int, int], expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, *pixels))
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(cells.sys, "__stdout__", terminal)
        monkeypatch.setattr(cells.sys, "__stderr__", None)
        monkeypatch.setattr(cells.sys, "__stdin__", None)
        assert cell_ratio() == expected
    os.close(master)


def test_without_a_terminal_the_shape_of_a_cell_is_one_to_two(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("__stdout__", "__stderr__", "__stdin__"):
        monkeypatch.setattr(cells.sys, name, io.StringIO())
    assert cell_pixels() == (0.0, 0.0)
    assert cell_ratio() == 2.0


def test_words_in_place_of_an_image_keep_to_the_area() -> None:
    picture = text_picture(["one two three four", "", "黒色腫の疑い"], (9, 3), readable=False)
    assert ["".join(segment.text for segment in line).rstrip() for line in picture.lines] == [
        "one two",
        "three",
        "four",
    ]
    assert not picture.readable
    assert picture.columns <= 9


def test_a_sharp_preview_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing.sharp, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install '\.\[sharp\]'"):
        drawing.check("sixel")
    drawing.check("half")
    with pytest.raises(UsageError, match="half, quadrant, kitty, sixel or off"):
        drawing.check("ascii")


def test_kitty_needs_all_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("textual_image")
    monkeypatch.setenv("TERM", "xterm-kitty")
    monkeypatch.delenv("COLORTERM", raising=False)
    with pytest.raises(UsageError, match="COLORTERM=truecolor"):
        preview_mode(App(), "kitty")
    assert preview_mode(App(), "kitty" if colors_of(App()) == "truecolor" else "half").preview == "half"


SHARP_IN_A_TERMINAL = """
from PIL import Image
from alc_tui.tui.pictures.drawing import PreviewMode, draw
import sys
for preview in ("kitty", "sixel"):
    picture = draw(Image.new("RGB", (30, 40), (200, 10, 10)), (6, 4), PreviewMode(preview, cell=(10, 20)))
    kept = (picture.before.count("\\x1b_G"), picture.over.count("\\x1bP"), bool(picture.after))
    print(preview, picture.columns, picture.rows, *kept, file=sys.stderr)
"""


def test_sharp_pictures_write_nothing_to_the_terminal_and_ask_it_nothing() -> None:
    pytest.importorskip("textual_image")
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    done = subprocess.run(
        [sys.executable, "-c", SHARP_IN_A_TERMINAL],
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    os.set_blocking(master, False)
    with pytest.raises(BlockingIOError):
        os.read(master, 1)
    os.close(slave)
    os.close(master)
    # 30 × 40 pixels grow by two into 60 × 80: six columns of ten pixels, four rows of twenty.
    assert done.stderr.split("\n")[:2] == ["kitty 6 4 2 0 True", "sixel 6 4 0 1 False"]


def test_kitty_places_every_cell_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("textual_image")
    picture = draw(noise(30, 40), (6, 4), PreviewMode("kitty", cell=(10, 20)))
    assert [line.cell_length for line in picture.lines] == [6] * 4
    for line in picture.lines:
        assert sum(segment.cell_length for segment in line) == 6
        assert "".join(segment.text for segment in line).count("\U0010eeee") == 6
    assert isinstance(picture.lines[0]._segments[0], Segment)
