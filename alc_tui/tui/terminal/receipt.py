"""Whether the terminal has received what was written to it, however long the line: it is asked where its cursor is.

The question is written behind the picture, and terminals answer in order: when the answer is here, whoever sits at the
terminal has the picture, and every key that comes later was pressed later. Inside tmux or screen it is these that
answer, so the line behind them is not known.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual import events
from textual.app import App
from textual.timer import Timer

ASK_AGAIN = 1.0
"""Seconds after which the question is repeated: an answer torn on its way is read as keys, and lost."""
PATIENCE = 3.0
"""Seconds after which a terminal that has never answered is taken for one that does not."""
GUARD_SECONDS = 0.15
"""A key that decides counts only this long after its question was seen: whoever is faster has not looked."""


class Receipt:
    """Asks for one receipt at a time: a new question makes the earlier one void."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._answers: bool | None = None
        self._number = 0
        self._place = (0, 0)
        self._then: Callable[[float], None] | None = None
        self._timer: Timer | None = None

    def ask(self, then: Callable[[float], None]) -> None:
        """Call `then` with when (monotonic) the terminal had received all that was written so far.

        At once where there is no terminal or none that answers. For a question not answered yet: never.
        """
        if self._app.is_headless or self._answers is False:
            self._then = None
            then(time.monotonic())
            return
        columns, rows = max(1, self._app.size.width), max(2, self._app.size.height)
        self._number += 1
        # Each question is asked from a place of its own, told by the answer. Not in the first row: `ESC [ 1 ; 2 R` is
        # also shift+F3.
        row, column = divmod(self._number % ((rows - 1) * columns), columns)
        self._place, self._then = (column, row + 1), then
        self._write(time.monotonic() + PATIENCE)

    def came(self, event: events.CursorPosition) -> None:
        """An answer, perhaps to an earlier question."""
        self._answers = True
        if (event.x, event.y) == self._place and self._then is not None:
            self._done(event.time)

    def _write(self, deadline: float) -> None:
        driver = self._app._driver
        if driver is None or self._then is None:
            return
        column, row = self._place
        driver.write(f"\x1b[{row + 1};{column + 1}H\x1b[6n")
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._app.set_timer(ASK_AGAIN, lambda: self._none_came(deadline))

    def _none_came(self, deadline: float) -> None:
        if self._then is None:
            return
        if self._answers is None and time.monotonic() >= deadline:
            self._answers = False
            self._done(time.monotonic())
        else:
            self._write(deadline)

    def _done(self, at: float) -> None:
        then, self._then = self._then, None
        if then is not None:
            then(at)


def is_too_early(pressed_at: float, seen_at: float | None) -> bool:
    """Whether a key cannot be an answer to what the terminal has had since `seen_at` (monotonic), or has not yet."""
    return seen_at is None or pressed_at - seen_at < GUARD_SECONDS
