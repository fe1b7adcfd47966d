"""Pictures in pixels: what lies below them in cells, and how large they are."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.color import ColorSystem, ColorType
from textual.app import App
from textual.color import Color

from alc_tui.errors import UsageError
from alc_tui.tui.graphics.diacritics import DIACRITICS
from alc_tui.tui.graphics.graphic import PROTOCOLS
from alc_tui.tui.graphics.kitty import PLACEHOLDER
from alc_tui.tui.pictures import drawing
from alc_tui.tui.pictures.display import Display
from alc_tui.tui.pictures.drawing import PreviewMode, draw, preview_mode
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.pictures.picture import Picture
from tests.app.graphics.decoding import Drawn, Reader
from tests.app.pictures.cells import noise
from tests.app.viewer import Images

CELL = (10, 20)
GROUND = (18, 18, 18)


def drawn(picture: Picture) -> Drawn:
    assert picture.graphic is not None
    (image,) = Reader("".join(picture.graphic.show)).drawn
    return image


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_graphic_covers_empty_cells_in_the_size_of_the_image(protocol: str) -> None:
    picture = draw(noise(30, 40), (6, 4), PreviewMode(protocol, cell=CELL))
    # 30 × 40 pixels grow by two into 60 × 80: six columns of ten pixels, four rows of twenty.
    assert (picture.columns, picture.rows) == (6, 4)
    assert [line.text for line in picture.lines] == [" " * 6] * 4
    assert drawn(picture).pixels.shape == (80, 60, 3)
    assert picture.readable and picture.size == (30, 40)


def test_the_pixels_are_those_of_the_image_enlarged_by_a_whole_factor() -> None:
    image = noise(30, 40)
    pixels = drawn(draw(image, (6, 4), PreviewMode("iterm2", cell=CELL))).pixels
    assert (pixels == np.asarray(image).repeat(2, 0).repeat(2, 1)).all()


def test_below_a_kitty_image_is_the_terminals_own_background_and_a_dialog_tints_it() -> None:
    picture = draw(noise(30, 40), (6, 4), PreviewMode("kitty", cell=CELL, ground=GROUND))
    for line in picture.lines:
        for segment in line:
            assert segment.style is not None and segment.style.bgcolor is not None
            assert segment.style.bgcolor.type == ColorType.DEFAULT
            assert segment.style.render(" ", color_system=ColorSystem.TRUECOLOR) == "\x1b[49m \x1b[0m"
            assert segment.style.bgcolor.triplet == GROUND, "Textual would replace the color"
            tinted = Color.from_rich_color(segment.style.bgcolor) + Color(0, 0, 0, 0.6)
            assert tinted.rich_color.type == ColorType.TRUECOLOR


def test_in_tmux_each_cell_says_which_part_of_which_kitty_image_it_shows() -> None:
    picture = draw(noise(30, 40), (6, 4), PreviewMode("kitty", cell=CELL, is_tmux=True))
    controls = drawn(picture).controls
    number = int(controls["i"])
    assert controls["U"] == "1"
    for row, line in enumerate(picture.lines):
        segments = list(line)
        assert len(segments) == line.cell_length == sum(one.cell_length for one in segments) == 6
        for column, (text, style, _) in enumerate(segments):
            assert text == PLACEHOLDER + DIACRITICS[row] + DIACRITICS[column] + DIACRITICS[number >> 24]
            assert style is not None
            assert style.render("x", color_system=ColorSystem.TRUECOLOR) == f"\x1b[38;5;{number & 0xFF}mx\x1b[0m"


def test_in_tmux_a_kitty_image_has_no_more_cells_than_can_be_numbered() -> None:
    picture = draw(noise(400, 20), (400, 30), PreviewMode("kitty", cell=(1, 2), is_tmux=True, smooth=True))
    assert picture.columns == len(DIACRITICS)
    assert all(len(list(line)) == picture.columns for line in picture.lines)


def test_there_are_as_many_diacritics_as_kitty_knows() -> None:
    assert len(DIACRITICS) == len(set(DIACRITICS)) == 297
    assert (DIACRITICS[0], DIACRITICS[5], DIACRITICS[-1]) == ("\u0305", "\u033d", "\U0001d244")


def test_a_picture_with_a_graphic_costs_its_bytes_and_one_of_cells_its_cells() -> None:
    image = noise(200, 200)
    graphic = draw(image, (40, 20), PreviewMode("sixel", cell=CELL))
    assert graphic.graphic is not None
    assert graphic.cost == 1 + graphic.graphic.byte_count // 1000
    cells = draw(image, (40, 20))
    assert cells.cost == cells.rows * cells.columns


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_thumbnails_are_drawn_in_blocks(protocol: str) -> None:
    assert PreviewMode(protocol).small.preview == "quadrant"


def test_an_unknown_preview_is_refused() -> None:
    with pytest.raises(UsageError, match="auto, half, quadrant, kitty, sixel, iterm2 or off"):
        drawing.check("ascii")


async def test_auto_is_the_protocol_of_the_terminal_or_else_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert preview_mode(App()).preview == "half"
    monkeypatch.setenv("TERM", "xterm-kitty")
    assert preview_mode(App()).preview == "kitty"
    async with App[None]().run_test() as pilot:
        assert preview_mode(pilot.app).preview == "half", "there is no terminal"
        assert preview_mode(pilot.app, "sixel").preview == "sixel"


async def test_kittys_images_in_tmux_need_colors_that_name_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "tmux-256color")
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("COLORTERM", raising=False)
    assert preview_mode(App(), "kitty").is_tmux
    monkeypatch.setenv("NO_COLOR", "1")
    async with App[None]().run_test() as pilot:
        with pytest.raises(UsageError, match="unset NO_COLOR"):
            preview_mode(pilot.app, "kitty")
        assert preview_mode(pilot.app, "sixel").preview == "sixel"
        painter = Painter(Images, Display("kitty"))
        assert painter.mode(pilot.app).preview == "half", "the app goes on"


QUIET = """
import sys
from PIL import Image
from alc_tui.tui.graphics import terminals
from alc_tui.tui.pictures.drawing import PreviewMode, draw
for protocol in ("kitty", "sixel", "iterm2"):
    draw(Image.new("RGB", (30, 40), (200, 10, 10)), (6, 4), PreviewMode(protocol))
print(terminals.known_protocol({"TERM": "xterm-kitty"}), "torch" in sys.modules, file=sys.stderr)
"""


def test_drawing_and_detection_write_nothing_to_the_terminal_and_ask_it_nothing() -> None:
    master, slave = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", QUIET],
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
    assert done.stderr == "kitty False\n"
