"""The labeling app in real graphical terminals: the pixels on the screen are those of the image, and go with it.

Skipped where the terminals are not installed: Debian's packages kitty, xterm, mlterm, xvfb, xdotool and imagemagick.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal
from tests.graphical import KITTY, MLTERM, XTERM, GraphicalTerminal, large_areas, missing
from tests.made_sessions import make_colored_session

pytestmark = pytest.mark.slow

LARGE = 10_000
"""Pixels of a color that only an image has."""
TOLERANCE = 6
"""Levels by which a color may differ: sixels have percents."""
SHAPE = 4 / 3
"""Width over height of the images."""


def press(
    desk: GraphicalTerminal,
    key: str,
    has_effect: Callable[[NDArray[np.uint8]], bool],
    is_wanted: Callable[[], bool] = lambda: True,
) -> None:
    """Press a key until it has its effect: a busy terminal has not shown the image yet, and the key is refused."""
    for _ in range(5):
        desk.rests(1.5)
        if is_wanted():
            desk.types(key)
        with suppress(AssertionError):
            desk.until(has_effect, seconds=12)
            return
    raise AssertionError(f"The key {key} never had an effect.")


def decide(desk: GraphicalTerminal, folder: SessionFolder, is_next: Callable[[NDArray[np.uint8]], bool]) -> None:
    """Press a class's key until the next image appears."""
    press(desk, "1", is_next, lambda: not Journal(folder.journal).decisions)


@pytest.mark.parametrize(
    ("terminal", "protocol"),
    [(KITTY, "auto"), (XTERM, "sixel"), (MLTERM, "iterm2")],
    ids=["kitty", "sixels in xterm", "iterm2 in mlterm"],
)
def test_an_image_is_on_the_screen_until_it_is_covered_replaced_or_left(
    terminal: Sequence[str], protocol: str, tmp_path: Path
) -> None:
    if absent := missing(terminal):
        pytest.skip(f"not installed: {', '.join(absent)}")
    folder, colors = make_colored_session(tmp_path / "skin")
    command = [sys.executable, "-m", "alc_tui", "session", "label", "skin", "--store", str(tmp_path)]
    environment = {"COLORTERM": "truecolor", "ALC_PREVIEW": protocol}

    def shown(pixels: NDArray[np.uint8]) -> int | None:
        """The number of the largest image on the screen."""
        for area in large_areas(pixels, LARGE):
            distances = np.abs(np.array(colors) - area).max(1)
            if distances.min() <= TOLERANCE:
                return int(distances.argmin())
        return None

    with GraphicalTerminal(terminal, command, environment) as desk:
        pixels = desk.until(lambda pixels: shown(pixels) is not None)
        first = shown(pixels)
        assert first is not None
        rows, columns = np.nonzero(np.abs(pixels.astype(int) - colors[first]).max(-1) <= TOLERANCE)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert len(rows) > 0.98 * height * width, "the image has no holes"
        assert abs(width / height - SHAPE) < 0.05

        press(desk, "slash", lambda pixels: shown(pixels) is None)
        press(desk, "Escape", lambda pixels: shown(pixels) == first)
        decide(desk, folder, lambda pixels: shown(pixels) not in (first, None))
        assert [one.sample for one in Journal(folder.journal).decisions] == [f"{first:02d}.png"]
        desk.types("q")
        desk.until(lambda pixels: shown(pixels) is None)
