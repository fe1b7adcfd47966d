"""Ends the labeling app in every way while somebody labels, and looks at what is left of the verdicts."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from alc_tui.session.store.lock import is_held
from tests.campaign.findings import Findings, Trials
from tests.labeling_desk import Desk, brief
from tests.terminal import Terminal

BUDGET = 60
MOST_SEEN = 3
"""Verdicts seen as taken in one life of the app, at most."""
PATIENCE = 20.0
"""Seconds after the end of the app within which its locks are released and its processes have ended: one that loads
torch notices only then."""
LATEST = 0.15
"""Seconds after the last key within which the end comes: a key takes about as long to become a verdict."""


def _kill(terminal: Terminal) -> tuple[int, int]:
    return terminal.kill(), -signal.SIGKILL


def _hang_up(terminal: Terminal) -> tuple[int, int]:
    return terminal.hang_up(), 128 + signal.SIGHUP


def _type_ctrl_c(terminal: Terminal) -> tuple[int, int]:
    terminal.send(b"\x03")
    return _restored(terminal), 0


def _signal(number: signal.Signals) -> Callable[[Terminal], tuple[int, int]]:
    def end(terminal: Terminal) -> tuple[int, int]:
        os.kill(terminal.process.pid, number)
        return _restored(terminal), 128 + number

    return end


def _restored(terminal: Terminal) -> int:
    """The exit code; fails if the terminal is not restored."""
    code = terminal.process.wait(60)
    terminal.rests(0.05)
    assert terminal.is_restored, "the terminal is left raw, or on the app's screen"
    terminal.ended()
    return code


WAYS: dict[str, Callable[[Terminal], tuple[int, int]]] = {
    "kill -9": _kill,
    "hang-up": _hang_up,
    "Ctrl-C": _type_ctrl_c,
    "SIGTERM": _signal(signal.SIGTERM),
    "SIGHUP": _signal(signal.SIGHUP),
    "SIGINT": _signal(signal.SIGINT),
}
"""By name, what ends the app; returns its exit code and the expected one."""


PLAIN, LIVE = "a session", "a live session"
SETTINGS: dict[str, dict[str, bool]] = {PLAIN: {}, LIVE: {"freeze": True, "live": True}}
"""By name, the settings of the sessions that are labeled. The app of a live one has started a worker in advance."""
FIRST = [*((way, PLAIN) for way in WAYS), ("kill -9", LIVE), ("SIGTERM", LIVE)]


def keyboard(trials: Trials) -> Findings:
    """Every verdict seen as taken is in the journal, none is there that was not pressed, the session opens again, and
    no process is left."""
    findings = Findings()
    desks: dict[str, Desk] = {}
    sessions, left = 0, list(FIRST)
    while left or trials.has_time():
        way, kind = left.pop() if left else (trials.random.choice(list(WAYS)), trials.random.choice(list(SETTINGS)))
        if kind not in desks or len(desks[kind].taken) > BUDGET - MOST_SEEN - 2:
            sessions += 1
            desks[kind] = Desk(trials.folder / f"session-{sessions}", BUDGET, trials.random, **SETTINGS[kind])
        seen, moment = trials.random.randint(0, MOST_SEEN), trials.random.uniform(0, LATEST)
        findings.count(f"{way}, {kind}")
        for sentence in _trial(desks[kind], way, seen, moment):
            findings.violated(
                f"{way} on {kind}, {1000 * moment:.0f} ms after a key, {seen} verdicts before it: {sentence}."
            )
            desks.pop(kind, None)
    return findings


def _trial(desk: Desk, way: str, seen: int, moment: float) -> list[str]:
    """One life of the app, as sentences about what went wrong. moment: seconds from the last key to the end."""
    shown: list[str] = []
    pressed: list[str] = []
    broken: list[str] = []
    try:
        with desk.sit_down() as terminal:
            shown = pressed = desk.decide(terminal, seen)
            pressed = [*shown, desk.press(terminal)]
            time.sleep(moment)
            code, expected = WAYS[way](terminal)
            if code != expected:
                broken.append(f"exit code {code}, not {expected}")
            if desk.number(terminal) == len(desk.taken) + len(pressed) + 1:
                shown = pressed
    except AssertionError as error:
        broken.append(brief(error))
    if _stays(lambda: is_held(desk.folder.label_lock)):
        broken.append("the session stays locked")
    if _stays(lambda: _workers(desk.folder.path)):
        broken.append("a worker is left")
    return broken + desk.check(shown, pressed)


def _stays(is_so: Callable[[], object]) -> bool:
    """Whether something is still so after some time."""
    deadline = time.monotonic() + PATIENCE
    while is_so():
        if time.monotonic() > deadline:
            return True
        time.sleep(0.05)
    return False


def _workers(session: Path) -> list[int]:
    """The processes that were started for a session."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str(session.resolve()).encode() in (process / "cmdline").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found
