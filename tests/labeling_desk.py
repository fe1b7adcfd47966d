"""A session at which one life of the labeling app follows another, and all that its screens have shown as taken."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import Decision, Journal
from tests.made_sessions import CLASSES, make_session
from tests.terminal import Terminal
from tests.visibility import number_in

SIZE = (100, 30)
KEYS = dict(zip("123", CLASSES, strict=True))
LOOK = 0.3
PATIENCE = 5.0
"""Seconds within which a key that counts has its effect, however busy the machine is."""

TRIES = 5


def brief(error: AssertionError) -> str:
    """What went wrong, with the screen on one line."""
    lines = (re.sub("▄+", "▄", line).strip() for line in str(error).splitlines())
    return " / ".join(line for line in lines if line not in ("", "▄"))


def decide(terminal: Terminal, key: str) -> None:
    """Look, press a class's key, and see that it is taken.

    A key that the app refuses is pressed again, if its effect is not seen after a last look: a slow machine has not
    shown the image yet, or has only now read the unfinished escape sequence before the key.
    """
    number = number_in(terminal.text)
    for _ in range(TRIES):
        terminal.rests(LOOK)
        if number_in(terminal.text) != number:
            return
        terminal.send(key.encode())
        with suppress(AssertionError):
            terminal.until(lambda text: number_in(text) != number, PATIENCE)
            return
    raise AssertionError(f"The key was not taken; the screen is\n{terminal.text}")


class Desk:
    """taken: the labels that the journal held at the last check."""

    def __init__(self, path: Path, budget: int, rng: random.Random, **settings: Any) -> None:
        """settings: of the session."""
        self.folder = make_session(path, samples=3 * budget, budget=budget, rounds=1, **settings)
        self.budget, self.rng = budget, rng
        self.taken: list[str] = []

    def sit_down(self) -> Terminal:
        """Start the app and wait for the first open image, which must be the one after all that was taken."""
        command = [sys.executable, "-m", "alc_tui", "session", "label", self.folder.name]
        terminal = Terminal([*command, "--store", str(self.folder.path.parent)], SIZE)
        try:
            terminal.until(lambda text: number_in(text) == len(self.taken) + 1)
        except AssertionError:
            terminal.kill()
            raise
        return terminal

    def decide(self, terminal: Terminal, count: int) -> list[str]:
        """Look at `count` images, and give each a label that is seen to be taken."""
        keys = [self.rng.choice(list(KEYS)) for _ in range(count)]
        for key in keys:
            decide(terminal, key)
        return [KEYS[key] for key in keys]

    def press(self, terminal: Terminal) -> str:
        """Look, then press some class's key; returns the class."""
        key = self.rng.choice(list(KEYS))
        terminal.rests(LOOK)
        terminal.send(key.encode())
        return KEYS[key]

    def number(self, terminal: Terminal) -> int | None:
        """The number of the image on the screen."""
        return number_in(terminal.text)

    def check(self, shown: Sequence[str], pressed: Sequence[str]) -> list[str]:
        """Broken promises, as sentences: the journal holds, after what was taken before, all that was `shown`, and
        nothing that was not `pressed`."""
        broken = []
        torn: list[str] = []
        decisions = Journal(self.folder.journal, torn.append).decisions
        labels = [str(decision.label) for decision in decisions]
        new = labels[len(self.taken) :]
        if torn:
            broken.append(f"a line of the journal was torn: {torn}")
        if labels[: len(self.taken)] != self.taken:
            broken.append(f"verdicts {self.taken} became {labels}")
        if len(new) < len(shown):
            broken.append(f"{list(shown)} were shown as taken, the journal has {new}")
        if new != list(pressed[: len(new)]):
            broken.append(f"{list(pressed)} were pressed, the journal has {new}")
        if [decision.sample for decision in decisions] != self.queue[: len(decisions)]:
            broken.append("verdicts are not in the order of the queue")
        self.taken = labels
        return broken

    def decisions(self) -> list[Decision]:
        """What is on disk."""
        return Journal(self.folder.journal).decisions

    @property
    def queue(self) -> list[str]:
        """The samples of the round, as they are shown."""
        return SessionService(self.folder).queue
