"""However the app is ended, stopped and continued: the terminal is as before, the lock is free, the exit code tells."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal
from alc_tui.session.store.lock import is_held
from tests.labeling_desk import LOOK, SIZE, decide
from tests.made_sessions import CLASSES, make_session
from tests.terminal import Terminal
from tests.visibility import number_in

pytestmark = pytest.mark.slow
QUESTION = b"\x1b[6n"

DEAF_TO_HANG_UPS = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if not job:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
while True:
    _, status = os.waitpid(job, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    if not os.WIFSTOPPED(status):
        sys.exit(os.waitstatus_to_exitcode(status))
    print("stopped $", flush=True)
    sys.stdin.readline()
    os.tcsetpgrp(0, job)
    os.killpg(job, signal.SIGCONT)
"""
"""A shell with one job: says when it has stopped, and continues it when a line is typed."""


FAILS_AT_UNDO = """
import sys
from alc_tui.tui.labeling.screen import LabelScreen
LabelScreen.action_undo = lambda screen: 1 / 0
sys.argv = ["alc", *sys.argv[3:]]
from alc_tui.cli.main import run
run()
"""


@pytest.fixture
def folder(tmp_path: Path) -> SessionFolder:
    return make_session(tmp_path / "skin", samples=60, budget=20, rounds=1)


def sit_down(folder: SessionFolder, *before: str) -> Terminal:
    """The app with its first open image on the screen. before: what comes before the app in Python's command line."""
    app = ["-m", "alc_tui", "session", "label", folder.name, "--store", str(folder.path.parent)]
    terminal = Terminal([sys.executable, *before, *app], SIZE)
    terminal.until(number_in)
    terminal.rests(LOOK)
    return terminal


def continue_process(terminal: Terminal) -> None:
    """Send SIGCONT, and wait until the image is drawn again and the app knows that it is seen."""
    before = len(terminal.chunks)
    os.kill(terminal.process.pid, signal.SIGCONT)
    terminal.until(lambda _: any(QUESTION in chunk.data for chunk in terminal.chunks[before:]))
    terminal.rests(LOOK)


def labels(folder: SessionFolder) -> Sequence[str | None]:
    return [decision.label for decision in Journal(folder.journal).decisions]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_app_with_the_terminal_restored(how: signal.Signals, folder: SessionFolder) -> None:
    with sit_down(folder) as terminal:
        decide(terminal, "1")
        os.kill(terminal.process.pid, how)
        assert terminal.process.wait(60) == 128 + how
        terminal.rests(0.1)
        assert terminal.is_restored
    assert labels(folder) == [CLASSES[0]] and not is_held(folder.label_lock)


def test_a_signal_ends_an_app_whose_terminal_takes_no_more_output(folder: SessionFolder) -> None:
    with sit_down(folder) as terminal:
        terminal._hung_up.set()  # nobody reads what the app writes
        terminal._reader.join()
        for _ in range(200):
            terminal.send(b"\t?")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.process.wait(60) == 128 + signal.SIGTERM
    assert not is_held(folder.label_lock)


def test_a_stray_continue_changes_nothing(folder: SessionFolder) -> None:
    with sit_down(folder) as terminal:
        decide(terminal, "1")
        for _ in range(3):
            continue_process(terminal)
        decide(terminal, "2")
        terminal.send(b"q")
        assert terminal.process.wait(60) == 0
        terminal.rests(0.1)
        assert terminal.is_restored
    assert labels(folder) == list(CLASSES[:2])


def test_who_stops_the_process_and_continues_it_finds_the_same_image(folder: SessionFolder) -> None:
    with sit_down(folder) as terminal:
        decide(terminal, "1")
        os.kill(terminal.process.pid, signal.SIGSTOP)
        continue_process(terminal)
        decide(terminal, "2")
    assert labels(folder) == list(CLASSES[:2])


def test_an_app_deaf_to_hang_ups_ends_when_its_terminal_is_gone(folder: SessionFolder) -> None:
    terminal = sit_down(folder, "-c", DEAF_TO_HANG_UPS)
    decide(terminal, "1")
    assert terminal.hang_up() == 128 + signal.SIGHUP
    assert labels(folder) == [CLASSES[0]] and not is_held(folder.label_lock)


def test_ctrl_z_gives_the_terminal_to_the_shell_and_the_same_image_comes_back(folder: SessionFolder) -> None:
    with sit_down(folder, "-c", SHELL) as terminal:
        decide(terminal, "1")
        for _ in range(2):
            terminal.send(b"\x1a")
            terminal.until(lambda text: "stopped $" in text)
            assert terminal.is_restored
            terminal.send(b"\n")
            terminal.until(lambda text: number_in(text) == 2)
            terminal.rests(LOOK)
        assert labels(folder) == [CLASSES[0]]
        decide(terminal, "2")
        terminal.send(b"q")
        assert terminal.process.wait(60) == 0
        terminal.rests(0.1)
        assert terminal.is_restored
    assert labels(folder) == list(CLASSES[:2])


def test_ctrl_z_without_a_shell_to_return_to_does_no_harm(folder: SessionFolder) -> None:
    with sit_down(folder) as terminal:
        terminal.send(b"\x1a")
        time.sleep(LOOK)
        terminal.rests(LOOK)
        decide(terminal, "1")
    assert labels(folder) == [CLASSES[0]]


def test_an_app_that_fails_says_so_in_a_sentence_and_keeps_the_verdicts(folder: SessionFolder) -> None:
    with sit_down(folder, "-c", FAILS_AT_UNDO) as terminal:
        decide(terminal, "1")
        terminal.send(b"u")
        assert terminal.process.wait(60) == 1
        terminal.rests(0.1)
        assert terminal.is_restored and "Traceback" not in terminal.text
        assert "Error: The app ended unexpectedly (ZeroDivisionError: division by zero)" in terminal.text
    assert labels(folder) == [CLASSES[0]] and not is_held(folder.label_lock)


@pytest.mark.parametrize("report", [b"\x1b[49;1:3u", b"\x1b[99999999999u", b"\x1b[48;0;0;0;0t\x1b[<0;5;5M"])
def test_no_report_ends_the_app(report: bytes, folder: SessionFolder) -> None:
    with sit_down(folder) as terminal:
        terminal.send(report)
        time.sleep(LOOK)
        assert labels(folder) == []
        decide(terminal, "1")
        terminal.send(b"q")
        assert terminal.ended() == 0
    assert labels(folder) == [CLASSES[0]]
