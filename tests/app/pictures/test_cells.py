"""Cells, and texts in place of an image."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import sys
import termios

import pytest

from alc_tui.tui.pictures.cells import cell_pixels, cell_ratio
from alc_tui.tui.pictures.picture import text_picture


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
