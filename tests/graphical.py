"""Graphical terminals on a screen of their own (Xvfb): keys are typed into them, and their pixels are read.

What this needs comes from Debian: xvfb, xdotool, imagemagick, and a terminal. `missing` tells what is not installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.terminal import without_outer_terminal

SIZE = (800, 560)
"""Width and height of the screen in pixels."""
PATIENCE = 60.0
SCREENSHOT = Path(tempfile.gettempdir()) / "alc-screenshot.png"
_TOOLS = ("Xvfb", "xdotool", "import")
KITTY = (
    *("kitty", "--config", "NONE", "-o", "remember_window_size=no", "-o", "cursor_blink_interval=0"),
    *("-o", "repaint_delay=100", "-o", "sync_to_monitor=no"),
    *("-o", f"initial_window_width={SIZE[0]}", "-o", f"initial_window_height={SIZE[1]}"),
)
XTERM = ("xterm", "-ti", "vt340", "-geometry", "100x40", "-e")
KONSOLE = ("konsole", "--geometry", f"{SIZE[0]}x{SIZE[1]}", "--hide-menubar", "-e")
MLTERM = ("mlterm", "-g", "90x28", "-e")


def missing(terminal: Sequence[str], *others: str) -> list[str]:
    """The programs that are not installed, of those that a terminal on a screen needs."""
    return [program for program in (*_TOOLS, terminal[0], *others) if shutil.which(program) is None]


class GraphicalTerminal:
    """Runs a command in a terminal on a screen. Used as a context."""

    def __init__(
        self, terminal: Sequence[str], command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        reading, writing = os.pipe()
        size = f"{SIZE[0]}x{SIZE[1]}x24"
        self._screen = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp", "-noreset"],
            pass_fds=[writing],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        with os.fdopen(reading) as display:
            self._display = f":{display.readline().strip()}"
        own = {"DISPLAY": self._display, "LIBGL_ALWAYS_SOFTWARE": "1", **(environment or {})}
        self._environment = {**without_outer_terminal(os.environ), **own}
        self._terminal = subprocess.Popen(
            [*terminal, *command],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> GraphicalTerminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for process in (self._terminal, self._screen):
            process.terminate()
            process.wait()

    @property
    def has_ended(self) -> bool:
        """Whether the terminal was closed."""
        return self._terminal.poll() is not None

    def types(self, *keys: str) -> None:
        """Press keys, by the names that X gives them."""
        pointer = ["xdotool", "mousemove", "5", "5"]
        subprocess.run(pointer, env=self._environment, check=True)
        search = ["xdotool", "search", "--onlyvisible", "--name", ".*"]
        found = subprocess.run(search, env=self._environment, check=True, capture_output=True, text=True)
        focus = ["windowfocus", "--sync", found.stdout.split()[-1]]
        subprocess.run(["xdotool", *focus, "key", "--delay", "150", *keys], env=self._environment, check=True)

    def rests(self, seconds: float) -> None:
        """Nothing is typed for so long."""
        time.sleep(seconds)

    def pixels(self) -> NDArray[np.uint8]:
        """What is on the screen: uint8[height, width, 3]."""
        command = ["import", "-window", "root", "png:-"]
        shot = subprocess.run(command, env=self._environment, check=True, capture_output=True)
        return np.asarray(Image.open(BytesIO(shot.stdout)).convert("RGB"))

    def until(self, is_so: Callable[[NDArray[np.uint8]], bool], seconds: float = PATIENCE) -> NDArray[np.uint8]:
        """Wait until `is_so` of the pixels, which are returned."""
        deadline = time.monotonic() + seconds
        while not is_so(pixels := self.pixels()):
            if time.monotonic() > deadline:
                Image.fromarray(pixels).save(SCREENSHOT)
                raise AssertionError(f"It never appeared on the screen, which is in {SCREENSHOT}.")
            time.sleep(0.2)
        return pixels


def large_areas(pixels: NDArray[np.uint8], least: int) -> list[tuple[int, int, int]]:
    """The colors that at least so many pixels have, the most frequent first."""
    codes = pixels.astype(np.uint32) @ np.array([2**16, 2**8, 1], dtype=np.uint32)
    found, counts = np.unique(codes, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [(code >> 16, code >> 8 & 255, code & 255) for code in found[order[counts[order] >= least]].tolist()]
