"""The labeling app where graphics are drawn: what it writes, decoded, from the start to the end."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from alc_tui.session.store.journal import Journal
from tests.app.graphics.decoding import Drawn, Pixels, Reader
from tests.made_sessions import make_colored_session
from tests.terminal import TRUECOLOR, Line, Terminal

pytestmark = pytest.mark.slow

QUERIES = re.compile(
    r"\x1b\[[?>=]?\d*c"  # what the terminal is
    r"|\x1b\[>\d*q|\x1b\[[?>]?(?:5|6|15|25|26|996)n|\x1b\[\??\d+\$p"  # its version, state and modes
    r"|\x1b\[1[1-9](?:;\d+)*t|\x1b\[2[01](?:;\d+)*t"  # the sizes of its window
    r"|\x1b\](?:4;\d+|1[0-9]|52;[a-z]*);\?|\x1bP[+$]q|\x1b\]1337;Report"  # colors, clipboard, capabilities
    r"|\x1b_G[^;\x1b]*a=q|\x1b\[\?u"  # graphics and keys
)
EXPECTED = {"\x1b[6n", "\x1b[?2026$p"}
"""Where the cursor is, which tells what has arrived; and whether frames can be synchronized. Both are known not to be
keys."""
DIRECT = Line()
LOOK = 0.4
PATIENCE = 30.0


class Desk:
    """A session whose images have one color each, and the terminal before which somebody sits."""

    def __init__(self, folder: Path, protocol: str, line: Line = DIRECT) -> None:
        self.folder, self.colors = make_colored_session(folder / "skin")
        command = [sys.executable, "-m", "alc_tui", "session", "label", "skin", "--store", str(folder)]
        self.terminal = Terminal(command, (100, 30), {**TRUECOLOR, "ALC_PREVIEW": protocol}, line)

    @property
    def written(self) -> str:
        return b"".join(chunk.data for chunk in self.terminal.chunks).decode("utf-8", "replace")

    def until(self, is_so: Callable[[Reader], bool]) -> Reader:
        deadline = time.monotonic() + PATIENCE
        while not is_so(reader := Reader(self.written)):
            assert time.monotonic() < deadline, repr(self.written[-3000:])
            time.sleep(0.02)
        return reader

    def presses(self, key: bytes) -> None:
        """After a look at what is shown."""
        self.terminal.rests(LOOK)
        self.terminal.send(key)

    def sample_in(self, pixels: Pixels) -> int:
        """The number of the image by its color; its middle, because there may be ground at the edges."""
        middle = pixels[pixels.shape[0] // 2, pixels.shape[1] // 2].astype(int)
        distances = [np.abs(middle - color).sum() for color in self.colors]
        assert min(distances) <= 8
        return int(np.argmin(distances))


def last_large(seen: Reader) -> Drawn:
    """The last image of a sample; neighbors are smaller."""
    largest = max(image.pixels.size for image in seen.drawn)
    return [image for image in seen.drawn if image.pixels.size == largest][-1]


def has_both(seen: Reader) -> bool:
    """Whether a sample and a neighbor have been drawn, in either order."""
    return len({image.pixels.size for image in seen.drawn}) > 1


def label_and_look(desk: Desk) -> None:
    with desk.terminal as terminal:
        first = last_large(desk.until(has_both))
        desk.presses(b"1")
        second = last_large(
            desk.until(lambda seen: desk.sample_in(last_large(seen).pixels) != desk.sample_in(first.pixels))
        )
        desk.presses(b"?")
        terminal.rests(LOOK)
        under_help = Reader(desk.written)
        terminal.send(b"\x1b")
        again = last_large(desk.until(lambda seen: len(seen.drawn) > len(under_help.drawn)))
        assert again.corner == second.corner == first.corner
        assert desk.sample_in(again.pixels) == desk.sample_in(second.pixels)
        time.sleep(1.2)  # a lone Escape may be half a sequence: keys count again after a second
        desk.presses(b"q")
        assert terminal.ended() == 0
    (decision,) = Journal(desk.folder.journal).decisions
    assert decision.sample == f"{desk.sample_in(first.pixels):02d}.png"
    assert set(QUERIES.findall(desk.written)) <= EXPECTED


def test_kitty_images_are_drawn_replaced_and_deleted_and_nothing_else_is_asked(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "kitty")
    label_and_look(desk)
    seen = Reader(desk.written)
    assert {image.controls["i"] for image in seen.drawn} == set(seen.deleted)
    assert Reader(desk.written.rpartition("\x1b[?1049l")[2]).deleted == [], "deleted before the app left the screen"


@pytest.mark.parametrize("protocol", ["sixel", "iterm2"])
def test_other_graphics_are_drawn_and_replaced_and_nothing_else_is_asked(tmp_path: Path, protocol: str) -> None:
    desk = Desk(tmp_path, protocol)
    label_and_look(desk)
    assert {image.protocol for image in Reader(desk.written).drawn} == {protocol}


def test_a_key_pressed_before_the_graphic_has_arrived_decides_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "kitty", Line(delay=0.3))
    with desk.terminal as terminal:
        desk.until(lambda seen: bool(seen.drawn))
        desk.presses(b"1")
        time.sleep(0.1)
        terminal.send(b"2")
        terminal.rests(1.0)
        assert len(Journal(desk.folder.journal).decisions) == 1
        desk.presses(b"3")
        terminal.rests(1.0)
        terminal.kill()
    assert [one.label for one in Journal(desk.folder.journal).decisions] == ["MEL", "BCC"]
