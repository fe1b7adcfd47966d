"""On a slow line, among pastes and replies of the terminal: only keys decide, and only what was seen.

The large version of this is `benchmarks/label_slow_line.py`.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from tests.made_sessions import make_session
from tests.noise import CLASSES, happenings, judge, live_through
from tests.terminal import Line, Terminal
from tests.visibility import number_in

pytestmark = pytest.mark.slow

EVENTS = 60


def test_nothing_but_a_key_pressed_on_a_seen_image_decides(tmp_path: Path) -> None:
    folder = make_session(tmp_path / "slow", CLASSES, samples=3 * EVENTS, budget=EVENTS, rounds=1)
    command = [sys.executable, "-m", "alc_tui", "session", "label", folder.name, "--store", str(tmp_path)]
    with Terminal(command, (100, 30), line=Line(delay=0.05, bits_per_second=4e6)) as terminal:
        terminal.until(number_in)
        presses = live_through(terminal, happenings(random.Random(3), EVENTS, longest=0.2), look=0.35)
        terminal.rests(0.5)
        assert terminal.process.poll() is None
    found = judge(terminal, folder, presses)
    assert (found.phantoms, found.ahead) == ([], [])
    assert found.decided >= 6
