from __future__ import annotations

import re
from itertools import pairwise

import pytest

from alc_tui.cli.doctor.card import card

CONTROL = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("system", ["truecolor", "256", "standard", None])
def test_the_card_fits_a_small_terminal_below_a_prompt(system: str | None) -> None:
    lines = CONTROL.sub("", card(system)).split("\n")
    assert len(lines) <= 20 and max(map(len, lines)) <= 80 and "\x1b" not in "".join(lines)


def test_colors_are_asked_for_only_as_the_terminal_can_show_them() -> None:
    assert "38;2;" in card("truecolor")
    assert "38;5;" in card("256") and ";2;" not in CONTROL.search(card("256")).group()  # type: ignore[union-attr]
    assert "38;2;" not in card("256") and "48;2;" not in card("256")
    assert not re.search(r"[34]8;[25];", card("standard")) and CONTROL.search(card("standard"))


def test_without_colors_there_is_no_control_sequence_and_no_ramp() -> None:
    assert "\x1b" not in card(None) and "No colors available" in card(None)


def test_a_ramp_goes_from_black_to_the_full_color_in_even_steps() -> None:
    red = next(line for line in card("truecolor").split("\n") if line.startswith("red"))
    shown = re.findall(r"([34])8;2;(\d+);(\d+);(\d+)", red)
    assert [kind for kind, *_ in shown] == ["3", "4"] * 64
    levels = [int(level) for _, level, _, _ in shown]
    assert levels[0] == 0 and levels[-1] == 255
    assert {after - before for before, after in pairwise(levels)} == {2, 3}
    assert {(green, blue) for _, _, green, blue in shown} == {("0", "0")}


def test_256_colors_show_as_steps() -> None:
    gray = next(line for line in card("256").split("\n") if line.startswith("gray"))
    colors = re.findall(r"[34]8;5;(\d+)", gray)
    assert 8 < len(set(colors)) < 40


def test_the_circle_is_round_where_a_cell_is_1_to_2() -> None:
    lines = card(None).split("\n")
    start = next(number for number, line in enumerate(lines) if "circle should be round" in line)
    halves = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    rows = [line[:16].ljust(16) for line in lines[start : start + 8]]
    grid = [[halves[cell][half] for cell in row] for row in rows for half in (0, 1)]
    assert grid == [list(column) for column in zip(*grid, strict=True)], "the same when width and height are swapped"
    assert grid == grid[::-1] and sum(map(sum, grid)) > 40
