"""The labeling app in a real terminal, ended in every way there is: what the screen has shown as taken stays taken."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import Decision, Journal
from alc_tui.session.store.lock import is_held
from tests.made_sessions import CLASSES, make_session
from tests.terminal import Terminal
from tests.visibility import number_in

pytestmark = pytest.mark.slow

SIZE = (100, 30)
KILLS = 8
KEYS = dict(zip("123", CLASSES, strict=True))
LOOK = 0.3
TORN = b'{"seq": 99, "round": 1, "sam'


class Desk:
    """A session at which one life of the app follows another, and all that its screens have shown as taken."""

    def __init__(self, path: Path, budget: int) -> None:
        self.folder = make_session(path, samples=3 * budget, budget=budget, rounds=1)
        self.budget = budget
        self.rng = random.Random(3)
        self.taken: list[str] = []

    def sit_down(self) -> Terminal:
        """Start the app and wait for the first open image, which must be the one after all that was taken."""
        command = [sys.executable, "-m", "alc_tui", "session", "label", self.folder.name]
        terminal = Terminal([*command, "--store", str(self.folder.path.parent)], SIZE)
        terminal.until(lambda text: number_in(text) == len(self.taken) + 1)
        return terminal

    def decide(self, terminal: Terminal, count: int) -> list[str]:
        """Look at `count` images, and give each a label that is seen to be taken."""
        given = []
        for _ in range(count):
            number = number_in(terminal.text)
            given.append(self.press(terminal))
            terminal.until(partial(_shows_another, number))
        return given

    def press(self, terminal: Terminal) -> str:
        """Look, then press some class's key; returns the class."""
        terminal.rests(LOOK)
        key = self.rng.choice(list(KEYS))
        terminal.send(key.encode())
        return KEYS[key]

    def check(self, shown: Sequence[str], pressed: Sequence[str]) -> None:
        """The journal holds, after what was taken before, all that was `shown`, and nothing that was not `pressed`."""
        labels = [str(decision.label) for decision in self.decisions()]
        new = labels[len(self.taken) :]
        assert labels[: len(self.taken)] == self.taken
        assert len(new) >= len(shown) and new == list(pressed[: len(new)])
        self.taken = labels

    def decisions(self) -> list[Decision]:
        """What is on disk: whole lines, one verdict a sample, in the order of the queue."""
        torn: list[str] = []
        found = Journal(self.folder.journal, torn.append).decisions
        assert torn == []
        assert [decision.sample for decision in found] == self.queue[: len(found)]
        return found

    @property
    def queue(self) -> list[str]:
        """The samples of the round, as they are shown."""
        return SessionService(self.folder).queue


def test_a_round_labeled_through_many_kills_keeps_every_verdict_that_was_shown(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "skin", budget=2 * KILLS)
    for life in range(KILLS):
        with desk.sit_down() as terminal:
            shown = desk.decide(terminal, desk.rng.choice((0, 1)))
            pressed = [*shown, desk.press(terminal)]
            time.sleep(desk.rng.uniform(0, 0.15))
            assert terminal.kill() == -signal.SIGKILL
            if number_in(terminal.text) == len(desk.taken) + len(pressed) + 1:
                shown = pressed
        desk.check(shown, pressed)
        if life == KILLS // 2:
            _tear(desk)
    with desk.sit_down() as terminal:
        desk.decide(terminal, desk.budget - len(desk.taken))
        terminal.until(lambda text: "All samples of round 1 are decided" in text)
        terminal.send(b"q")
        assert terminal.ended() == 0
    assert len(desk.decisions()) == desk.budget


def _shows_another(number: int | None, text: str) -> bool:
    return number_in(text) != number


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
    desk = Desk(tmp_path / "skin", budget=10)
    with desk.sit_down() as terminal:
        shown = desk.decide(terminal, 3)
        terminal.rests(LOOK)
        leave(terminal)
    desk.check(shown, shown)
    assert not is_held(desk.folder.label_lock)
    desk.sit_down().kill()
