"""The images of the test card, decoded from what is written."""

from __future__ import annotations

import re
from io import StringIO

import numpy as np
import pytest

from alc_tui.cli.doctor.image_card import AREA, has_images, image, show
from alc_tui.tui.graphics.kitty import PLACEHOLDER
from tests.app.graphics.decoding import Reader, unwrapped

XTERM = {"TERM": "xterm-256color"}
CORNER = re.compile(r"\x1b7\x1b\[7A\r\x1b\[(\d+)C")
COLORS = re.compile(r"\x1b\[[0-9;]*m")


def shown(environment: dict[str, str], system: str | None = "truecolor") -> str:
    output = StringIO()
    show(environment, system, output, settle=0)
    return output.getvalue()


def test_each_protocol_shows_the_same_image_beside_its_blocks() -> None:
    written = shown(XTERM)
    drawn = Reader(written).drawn
    assert [one.protocol for one in drawn] == ["kitty", "sixel", "iterm2"]
    assert CORNER.findall(written) == ["32", "48", "64"]
    for one in drawn:
        height, width, _ = one.pixels.shape
        expected = np.asarray(image().resize((width, height))).astype(int)
        top = one.pixels[: height // 2].mean((0, 1)) - expected[: height // 2].mean((0, 1))
        assert np.abs(top).max() < 40


def test_the_cells_keep_to_80_columns_and_the_names_stand_below() -> None:
    cells = COLORS.sub("", shown(XTERM).split("\x1b7")[0]).splitlines()
    assert len(cells) == AREA[1] + 1
    assert max(map(len, cells)) <= 80
    names = cells[-1]
    assert [names.index(name) for name in names.split()] == [0, 16, 32, 48, 64]
    assert names.split() == ["half", "quadrant", "kitty", "sixel", "iterm2"]
    assert "▄" in cells[2] and not cells[2][32:].strip()


def test_the_last_line_says_what_auto_is() -> None:
    assert shown(XTERM).endswith("auto is half here.\n")
    assert shown({"TERM": "xterm-kitty"}).endswith("auto is kitty here.\n")


@pytest.mark.parametrize(("system", "code"), [("256", "38;5;"), ("standard", "\x1b[3"), (None, "▄")])
def test_blocks_have_only_the_colors_of_the_terminal(system: str | None, code: str) -> None:
    cells = shown(XTERM, system).split("\x1b7")[0]
    assert code in cells
    assert "38;2;" not in cells
    assert system is not None or "\x1b" not in cells


def test_in_tmux_the_graphics_are_wrapped_and_kittys_place_is_filled_with_its_cells() -> None:
    outer, inner = unwrapped(shown({"TERM": "tmux-256color"}))
    assert [one.protocol for one in Reader(outer).drawn] == ["kitty", "sixel", "iterm2"]
    assert PLACEHOLDER in inner
    assert Reader(inner).drawn == []


def test_no_sequence_is_so_long_that_a_terminal_without_the_protocol_prints_it() -> None:
    assert max(map(len, re.split(r"\x1b\\|\x07", shown(XTERM).split("iterm2", 1)[1]))) < 8192


@pytest.mark.parametrize(
    ("environment", "has"),
    [(XTERM, True), ({"TERM": "linux"}, False), ({"TERM": "dumb"}, False), ({}, False), ({**XTERM, "STY": "1"}, False)],
)
def test_terminals_that_would_print_the_sequences_get_none(environment: dict[str, str], has: bool) -> None:
    assert has_images(environment) == has
