"""Cells, texts in place of an image, and sharp pictures."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.app import App

from alc_tui.errors import UsageError
from alc_tui.tui.pictures import drawing, sharp
from alc_tui.tui.pictures.cells import cell_pixels, cell_ratio
from alc_tui.tui.pictures.colors import colors_of
from alc_tui.tui.pictures.drawing import PreviewMode, draw, preview_mode
from alc_tui.tui.pictures.picture import text_picture
from tests.app.pictures.cells import noise


@pytest.mark.parametrize(
    ("pixels", "expected"), [((1600, 960), 960 / 24 / (1600 / 80)), ((800, 600), 2.5), ((0, 0), 2.0), ((80, 960), 2.0)]
)
def test_the_shape_of_a_cell_comes_from_the_kernel_or_is_one_to_two(
    pixels: tuple[int, int], expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, *pixels))
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "__stdout__", terminal)
        monkeypatch.setattr(sys, "__stderr__", None)
        monkeypatch.setattr(sys, "__stdin__", None)
        assert cell_ratio() == expected
    os.close(master)


def test_without_a_terminal_the_shape_of_a_cell_is_one_to_two(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("__stdout__", "__stderr__", "__stdin__"):
        monkeypatch.setattr(sys, name, io.StringIO())
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
    monkeypatch.setattr(sharp, "find_spec", lambda name: None)
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


def test_kitty_places_every_cell_of_the_picture() -> None:
    pytest.importorskip("textual_image")
    picture = draw(noise(30, 40), (6, 4), PreviewMode("kitty", cell=(10, 20)))
    assert [line.cell_length for line in picture.lines] == [6] * 4
    for line in picture.lines:
        assert sum(segment.cell_length for segment in line) == 6
        assert "".join(segment.text for segment in line).count("\U0010eeee") == 6
    assert isinstance(picture.lines[0]._segments[0], Segment)
