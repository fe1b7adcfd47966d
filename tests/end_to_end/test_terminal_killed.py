"""The labeling app in a real terminal, ended in every way there is: what the screen has shown as taken stays taken."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alc_tui.session.store.lock import is_held
from tests.labeling_desk import LOOK, Desk
from tests.terminal import Terminal
from tests.visibility import number_in

pytestmark = pytest.mark.slow

KILLS = 8
TORN = b'{"seq": 99, "round": 1, "sam'


def test_a_round_labeled_through_many_kills_keeps_every_verdict_that_was_shown(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "skin", 2 * KILLS, random.Random(3))
    for life in range(KILLS):
        with desk.sit_down() as terminal:
            shown = desk.decide(terminal, desk.rng.choice((0, 1)))
            pressed = [*shown, desk.press(terminal)]
            time.sleep(desk.rng.uniform(0, 0.15))
            assert terminal.kill() == -signal.SIGKILL
            if number_in(terminal.text) == len(desk.taken) + len(pressed) + 1:
                shown = pressed
        assert desk.check(shown, pressed) == []
        if life == KILLS // 2:
            _tear(desk)
    with desk.sit_down() as terminal:
        desk.decide(terminal, desk.budget - len(desk.taken))
        terminal.until(lambda text: "All samples of round 1 of 1 are decided" in text)
        terminal.send(b"q")
        assert terminal.ended() == 0
    assert len(desk.decisions()) == desk.budget


def _tear(desk: Desk) -> None:
    """What a crash of the machine does to the last line is told to the person, and does no harm."""
    with desk.folder.journal.open("ab") as journal:
        journal.write(TORN)
    with desk.sit_down() as terminal:
        terminal.until(lambda text: "A crash left the last line" in text)
        terminal.kill()
    assert desk.folder.journal.with_suffix(".torn").read_bytes() == TORN + b"\n"
    assert len(desk.decisions()) == len(desk.taken)


def _by_ctrl_c(terminal: Terminal) -> None:
    terminal.send(b"\x03")
    assert terminal.ended() == 0


def _by_hanging_up(terminal: Terminal) -> None:
    terminal.hang_up()


def _by_quitting(terminal: Terminal) -> None:
    terminal.send(b"q")
    assert terminal.ended() == 0


@pytest.mark.parametrize("leave", [_by_ctrl_c, _by_hanging_up, _by_quitting])
def test_who_leaves_finds_every_verdict_and_the_same_image(leave: Callable[[Terminal], None], tmp_path: Path) -> None:
    desk = Desk(tmp_path / "skin", 10, random.Random(3))
    with desk.sit_down() as terminal:
        shown = desk.decide(terminal, 3)
        terminal.rests(LOOK)
        leave(terminal)
    assert desk.check(shown, shown) == []
    assert not is_held(desk.folder.label_lock)
    desk.sit_down().kill()
