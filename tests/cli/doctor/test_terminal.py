from __future__ import annotations

import fcntl
import os
import struct
import termios

import pytest

from alc_tui.cli.doctor import terminal
from alc_tui.cli.doctor.terminal import Window

XTERM = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("environment", "verdict", "found", "advice"),
    [
        ({}, "bad", "TERM is not set", "export TERM=xterm-256color"),
        ({"TERM": "dumb"}, "bad", "dumb", "use another terminal"),
        ({"TERM": "linux"}, "warn", "linux", "use a terminal window on a desktop"),
        (XTERM, "ok", "xterm-256color", ""),
        ({**XTERM, "SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}, "ok", "xterm-256color, over SSH", ""),
    ],
)
def test_the_type_of_terminal(environment: dict[str, str], verdict: str, found: str, advice: str) -> None:
    check = terminal.check_type(environment)
    assert (check.verdict, check.found) == (verdict, found)
    assert advice in check.advice and bool(check.advice) == bool(advice)


@pytest.mark.parametrize(
    ("environment", "verdict", "found"),
    [
        ({**XTERM, "COLORTERM": "truecolor"}, "ok", "true color"),
        ({**XTERM, "COLORTERM": "24bit"}, "ok", "true color"),
        (XTERM, "warn", "256 colors"),
        ({"TERM": "xterm-kitty"}, "warn", "256 colors"),
        ({"TERM": "xterm"}, "warn", "16 colors"),
        ({"TERM": "linux"}, "warn", "16 colors"),
        ({"TERM": "dumb"}, "warn", "no colors"),
        ({**XTERM, "TEXTUAL_COLOR_SYSTEM": "truecolor"}, "ok", "true color"),
        ({**XTERM, "COLORTERM": "truecolor", "TEXTUAL_COLOR_SYSTEM": "256"}, "warn", "256 colors"),
        ({**XTERM, "TEXTUAL_COLOR_SYSTEM": "many"}, "bad", "TEXTUAL_COLOR_SYSTEM is 'many'"),
        ({**XTERM, "COLORTERM": "truecolor", "NO_COLOR": ""}, "warn", "NO_COLOR is set"),
    ],
)
def test_the_colors_the_app_will_draw_with(environment: dict[str, str], verdict: str, found: str) -> None:
    check = terminal.check_colors(environment)
    assert check.verdict == verdict and check.found.startswith(found)
    assert bool(check.advice) == (verdict != "ok")


def test_the_colors_are_those_of_an_app_of_textual(monkeypatch: pytest.MonkeyPatch) -> None:
    from textual.app import App

    for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_COLOR_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    for settings in ({"TERM": "xterm"}, XTERM, {**XTERM, "COLORTERM": "truecolor"}, {**XTERM, "NO_COLOR": "1"}):
        with monkeypatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            assert terminal.color_system(os.environ) == App[None]().console.color_system


@pytest.mark.parametrize(
    ("more", "advice"),
    [
        ({"SSH_TTY": "/dev/pts/3"}, "SSH does not forward COLORTERM"),
        ({"SSH_TTY": "/dev/pts/3"}, "`SendEnv COLORTERM` to ~/.ssh/config"),
        ({"SSH_TTY": "/dev/pts/3"}, "`AcceptEnv COLORTERM`"),
        ({"SSH_TTY": "/dev/pts/3", "TMUX": "/tmp/t,1,0"}, "If tmux passes true color"),
        ({"STY": "4711.pts-0"}, "GNU Screen before 5.0 does not support more"),
        ({"TEXTUAL_COLOR_SYSTEM": "256"}, "`unset TEXTUAL_COLOR_SYSTEM`"),
        ({}, "run `export COLORTERM=truecolor` before `alc`"),
    ],
)
def test_where_true_color_is_to_be_had(more: dict[str, str], advice: str) -> None:
    assert advice in terminal.check_colors({**XTERM, **more}).advice


@pytest.mark.parametrize(
    ("environment", "advice"),
    [
        ({"TERM": "xterm", "SSH_TTY": "/dev/pts/3"}, "`export TERM=xterm-256color`"),
        ({"TERM": "xterm", "SSH_TTY": "/dev/pts/3"}, "`AcceptEnv COLORTERM`"),
        ({"TERM": "screen", "TMUX": "/tmp/t,1,0"}, "`set -g default-terminal tmux-256color`"),
        ({"TERM": "screen", "STY": "4711.pts-0"}, "`term screen-256color` to ~/.screenrc"),
        ({"TERM": "linux"}, "Use a terminal with 256 colors or more"),
        ({**XTERM, "TEXTUAL_COLOR_SYSTEM": "standard"}, "`unset TEXTUAL_COLOR_SYSTEM`"),
    ],
)
def test_with_16_colors_images_should_not_be_judged(environment: dict[str, str], advice: str) -> None:
    check = terminal.check_colors(environment)
    assert check.advice.startswith("Do not judge the colors of images here.") and advice in check.advice


def test_true_color_inside_screen_is_doubted() -> None:
    check = terminal.check_colors({**XTERM, "COLORTERM": "truecolor", "STY": "4711.pts-0"})
    assert check.verdict == "warn" and "`unset COLORTERM`" in check.advice


@pytest.mark.parametrize("environment", [{**XTERM, "NO_COLOR": "1"}, {**XTERM, "TEXTUAL_COLOR_SYSTEM": "many"}])
def test_the_command_itself_uses_no_colors_where_none_are_wanted_or_known(environment: dict[str, str]) -> None:
    assert terminal.drawn_system(environment) is None
    assert terminal.drawn_system(XTERM) == "256"


@pytest.mark.parametrize(
    ("encoding", "verdict"), [("utf-8", "ok"), ("UTF8", "ok"), ("iso8859-1", "bad"), ("ANSI_X3.4-1968", "bad")]
)
def test_blocks_need_utf_8(encoding: str, verdict: str) -> None:
    check = terminal.check_encoding(encoding, {})
    assert check.verdict == verdict and ("export LC_ALL=C.UTF-8" in check.advice) == (verdict == "bad")


@pytest.mark.parametrize(
    ("columns", "rows", "verdict", "advice"),
    [
        (79, 24, "bad", "The screens need 80 × 24"),
        (80, 23, "bad", "enlarge the window"),
        (80, 24, "ok", "120 × 40 or more shows more"),
        (200, 39, "ok", "120 × 40 or more shows more"),
        (120, 40, "ok", ""),
    ],
)
def test_the_size_is_held_against_what_the_screens_need(columns: int, rows: int, verdict: str, advice: str) -> None:
    check = terminal.check_size(Window(columns, rows, 0, 0))
    assert (check.verdict, check.found) == (verdict, f"{columns} × {rows}")
    assert advice in check.advice and bool(check.advice) == bool(advice)


def test_the_shape_of_a_cell_is_told_or_assumed() -> None:
    assert terminal.check_cells(Window(100, 40, 900, 800)).found == "9 × 20 pixels, 1:2.22"
    unknown = terminal.check_cells(Window(100, 40, 0, 0))
    assert "assuming 1:2" in unknown.found and "circle of the test card" in unknown.advice


def test_the_size_is_the_terminals() -> None:
    master, slave = os.openpty()
    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 31, 97, 970, 620))
        assert terminal.window(slave) == Window(columns=97, rows=31, width=970, height=620)
    finally:
        os.close(master)
        os.close(slave)


def test_how_images_are_drawn_by_default_and_how_to_say_otherwise() -> None:
    assert terminal.check_images("kitty").found == "pixel by pixel (kitty)"
    unknown = terminal.check_images(None)
    assert unknown.verdict == "ok" and unknown.found.startswith("in blocks")
    assert "`--preview`" in unknown.advice and "ALC_PREVIEW" in unknown.advice
