"""A program in a pseudo-terminal and the person at the other end of the line: what is typed, what is seen, and when.

Knows nothing of alc. The screen is pyte's, an emulator of its own, so that nothing is believed that was not painted.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

import pyte

PATIENCE = 20.0
CALM = 0.02
"""Seconds for which nothing came before the emulator works: it takes no time from a program that is drawing."""
_QUESTION, _LONGEST_QUESTION = re.compile(rb"\x1b\[(\d+);(\d+)H\x1b\[6n"), 20
"""Where the cursor is, right after it was put there."""
TRUECOLOR = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
COLORS_256 = {"TERM": "xterm-256color", "COLORTERM": ""}
OUTER = {
    *("KITTY_WINDOW_ID", "GHOSTTY_RESOURCES_DIR", "WEZTERM_PANE", "ITERM_SESSION_ID", "KONSOLE_VERSION", "MLTERM"),
    *("WEZTERM_EXECUTABLE", "WEZTERM_UNIX_SOCKET"),
    *("TERM_PROGRAM", "LC_TERMINAL", "XTERM_VERSION", "VTE_VERSION", "TMUX", "TMUX_PANE", "STY", "ZELLIJ", "NVIM"),
}
"""Variables of the terminal in which the tests themselves run: another one does not have them."""


@dataclass(frozen=True)
class Line:
    """What lies between the person and the program: seconds each way, and what it carries toward the person."""

    delay: float = 0.0
    bits_per_second: float | None = None


@dataclass(frozen=True)
class Chunk:
    """Bytes as they came to one end of the line, with when that was (monotonic)."""

    at: float
    data: bytes


class _Answering(pyte.Screen):
    """A screen that answers the program's questions, as a terminal does."""

    def __init__(self, size: tuple[int, int], answer: Callable[[bytes], object]) -> None:
        super().__init__(*size)
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        self._answer(data.encode())


class _Way:
    """One direction of a line: hands on, in order and as late as the line does, what is put into it."""

    def __init__(self, delay: float, bits_per_second: float | None, hand_on: Callable[[Chunk], None]) -> None:
        self._delay, self._bits_per_second, self._hand_on = delay, bits_per_second, hand_on
        self._queue: SimpleQueue[tuple[float, bytes] | None] = SimpleQueue()
        self._put = self._handed_on = 0
        self._free_at = 0.0
        self.stirred_at = time.monotonic()
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is on its way."""
        return self._put == self._handed_on

    def put(self, at: float, data: bytes) -> None:
        """Bytes that enter the line at `at`; what is put later comes later."""
        self.stirred_at = time.monotonic()
        self._put += 1
        self._queue.put((at, data))

    def close(self) -> None:
        """Hand on what is on its way, then end."""
        self._queue.put(None)
        self._thread.join(PATIENCE)

    def _work(self) -> None:
        while entered := self._queue.get():
            at, data = entered
            at = self._free_at = max(at, self._free_at)
            if self._bits_per_second:
                at = self._free_at = at + 8 * len(data) / self._bits_per_second
            self._hand_on(Chunk(_wait_until(at + self._delay), data))
            self.stirred_at = time.monotonic()
            self._handed_on += 1


class Terminal:
    """Runs `command` in a pseudo-terminal of `size` (columns, rows) until it ends, is killed or is closed.

    is_quick: answers where the cursor is as soon as that is asked, as fast terminals do: the emulator, which takes
    longer to show a large image and would keep the line waiting, works only when somebody looks. chunks: what came to
    the person so far.
    """

    def __init__(
        self,
        command: Sequence[str],
        size: tuple[int, int] = (80, 24),
        environment: Mapping[str, str] = TRUECOLOR,
        line: Line = Line(),
        is_quick: bool = False,
    ) -> None:
        self.size, self.line, self.chunks = size, line, list[Chunk]()
        self._is_quick, self._asked = is_quick, b""
        self._screen = _Answering(size, (lambda _: None) if is_quick else self.send)
        self._stream = pyte.ByteStream(self._screen)
        self._fed = 0
        self._feeding, self._hung_up, self._closed = Lock(), Event(), Event()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**without_outer_terminal(os.environ), "PYTHONUNBUFFERED": "1", **environment},
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - nothing else is started meanwhile
        )
        os.close(slave)
        self._inward = _Way(line.delay, None, self._type)
        self._outward = _Way(line.delay, line.bits_per_second, self._receive)
        self._reader = Thread(target=self._read, daemon=True)
        self._emulator = Thread(target=self._emulate, daemon=True)
        self._reader.start()
        self._emulator.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def send(self, *parts: bytes, pause: float = 0.0) -> float:
        """The person's terminal sends these bytes now; returns now (monotonic).

        With a `pause` the line stalls so long before each further part; whatever is sent meanwhile comes after them.
        """
        now = time.monotonic()
        for number, part in enumerate(parts):
            self._inward.put(now + number * pause, part)
        return now

    @property
    def text(self) -> str:
        """What the person sees now."""
        with self._feeding:
            self._feed()
            return "\n".join(self._screen.display)

    @property
    def is_restored(self) -> bool:
        """Whether the program has left the alternate screen, and what is typed is shown again."""
        written = b"".join(chunk.data for chunk in self.chunks)
        has_left = written.rfind(b"\x1b[?1049l") >= written.rfind(b"\x1b[?1049h")
        return has_left and bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    def resize(self, size: tuple[int, int]) -> None:
        """The person changes the size of the window: columns, rows."""
        with self._feeding:
            self.size = size
            self._screen.resize(size[1], size[0])
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def until(self, is_so: Callable[[str], Any], seconds: float = PATIENCE) -> str:
        """Wait until `is_so` of what is seen, which is returned; fails with the screen if that never happens."""
        deadline = time.monotonic() + seconds
        while not is_so(seen := self.text):
            assert time.monotonic() < deadline, f"It never happened; the screen is\n{seen}"
            time.sleep(0.01)
        return seen

    def rests(self, seconds: float) -> None:
        """Wait until nothing was on its way, to or fro, for so long."""
        ways = (self._inward, self._outward)
        while not (
            (self._is_quick or self._fed == len(self.chunks))
            and all(way.is_empty and time.monotonic() - way.stirred_at >= seconds for way in ways)
        ):
            time.sleep(0.005)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> int:
        """End the program by a signal, take in what it wrote until then, and close; returns its exit code."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
        return self.ended()

    def ended(self) -> int:
        """Wait for the program to end by itself, then close; returns its exit code."""
        code = self.process.wait(PATIENCE)
        self._close()
        return code

    def hang_up(self) -> int:
        """The person's line drops: the pseudo-terminal closes, the program gets SIGHUP; returns its exit code."""
        self._hung_up.set()
        self._close()
        return self.process.wait(PATIENCE)

    def _close(self) -> None:
        if self._master < 0:
            return
        self._reader.join(PATIENCE)
        self._outward.close()
        self._inward.close()
        self._closed.set()
        self._emulator.join(PATIENCE)
        os.close(self._master)
        self._master = -1

    def _read(self) -> None:
        """Take what the program writes, at once, so that it never waits."""
        while not self._hung_up.is_set():
            if not select.select([self._master], [], [], 0.05)[0]:
                continue
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:
                return
            self._outward.put(time.monotonic(), data)

    def _receive(self, chunk: Chunk) -> None:
        self.chunks.append(chunk)
        if self._is_quick:
            self._asked += chunk.data
            while question := _QUESTION.search(self._asked):
                self._asked = self._asked[question.end() :]
                self.send(b"\x1b[%b;%bR" % question.groups())
            self._asked = self._asked[-_LONGEST_QUESTION:]

    def _emulate(self) -> None:
        """Show what came, and answer questions, whenever nothing comes for a moment."""
        while not self._is_quick and not self._closed.wait(CALM / 2):
            if self._fed < len(self.chunks) and time.monotonic() - self.chunks[-1].at >= CALM:
                with self._feeding:
                    self._feed()

    def _feed(self) -> None:
        while self._fed < len(self.chunks):
            self._stream.feed(self.chunks[self._fed].data)
            self._fed += 1

    def _type(self, chunk: Chunk) -> None:
        try:
            os.write(self._master, chunk.data)
        except OSError:
            return


def without_outer_terminal(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that a program in a terminal of its own inherits."""
    return {name: value for name, value in environment.items() if name not in OUTER}


def hear_signals() -> None:
    """Let what this process starts hear the signals that end it, even where this one was itself started in the
    background or with nohup."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _wait_until(at: float) -> float:
    """Returns the later of `at` and now."""
    now = time.monotonic()
    if at > now:
        time.sleep(at - now)
        return time.monotonic()
    return now
