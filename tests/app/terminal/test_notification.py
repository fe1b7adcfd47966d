"""How somebody is called back to the terminal."""

from __future__ import annotations

import pytest

from alc_tui.tui.terminal.notification import BELL, MANNERS, OFF, OSC9, OSC777, sequence

TEXT = "skin: round 1 is retrained"


def test_by_default_it_is_the_bell() -> None:
    assert sequence(BELL, TEXT, {}) == "\a"


def test_nothing_is_sent_if_nobody_wants_to_be_called() -> None:
    assert sequence(OFF, TEXT, {}) == ""


def test_notifications_carry_the_text() -> None:
    assert sequence(OSC9, TEXT, {}) == f"\x1b]9;{TEXT}\a"
    assert sequence(OSC777, TEXT, {}) == f"\x1b]777;notify;alc;{TEXT}\a"


def test_tmux_is_asked_to_pass_them_on_and_rings_itself() -> None:
    sent = sequence(OSC9, TEXT, {"TMUX": "/tmp/tmux-0/default,1,0"})
    assert sent == f"\x1bPtmux;\x1b\x1b]9;{TEXT}\a\x1b\\\a"


def test_in_gnu_screen_it_is_the_bell() -> None:
    assert sequence(OSC777, TEXT, {"STY": "1.pts-0"}) == "\a"


@pytest.mark.parametrize("manner", MANNERS)
def test_a_name_cannot_steer_the_terminal(manner: str) -> None:
    sent = sequence(manner, "a\x1b]0;title\a;b\n", {})
    assert sent.count("\x1b") <= 1 and sent.count("\a") <= 1 and "\n" not in sent
