"""Delivery confirmation: finds out whether the terminal has received the output so far, by querying its cursor
position.

The query is sent after the picture, and terminals answer in order. When the answer arrives, the picture is on the
screen, and all later keys were pressed after it appeared. Inside tmux or GNU Screen, the multiplexer answers, so the
delay of the connection beyond it is unknown.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual import events
from textual.app import App
from textual.timer import Timer

from alc_tui.tui.terminal import output

RETRY_SECONDS = 1.0
"""Seconds before the query is repeated: an answer that arrives in pieces is read as keys and lost."""
TIMEOUT_SECONDS = 3.0
"""Seconds after which a terminal that has never answered is considered unable to answer."""
GUARD_SECONDS = 0.15
"""Seconds that content must have been on the screen before a key that decides it counts."""


class DeliveryConfirmation:
    """Sends one query at a time: a new query replaces the previous one.

    guard: seconds for which something must have been on the screen before a key that decides about it counts.
    clock: monotonic seconds.
    """

    def __init__(
        self, app: App[Any], guard: float = GUARD_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app, self.guard, self._clock = app, guard, clock
        self._answers: bool | None = None
        self._number = 0
        self._position = (0, 0)
        self._then: Callable[[float], None] | None = None
        self._timer: Timer | None = None

    def ask(self, then: Callable[[float], None]) -> None:
        """Call `then` with the time (monotonic) at which the terminal had received everything written so far.

        It is called immediately if there is no terminal or the terminal does not answer, and never if another query is
        sent before the answer arrives.
        """
        if self._app.is_headless or self._answers is False:
            self._then = None
            then(self._clock())
            return
        columns, rows = max(1, self._app.size.width), max(2, self._app.size.height)
        self._number += 1
        # Each question is asked from a different position, which the answer repeats. The first row is left out:
        # `ESC [ 1 ; 2 R` is also Shift+F3.
        row, column = divmod(self._number % ((rows - 1) * columns), columns)
        self._position, self._then = (column, row + 1), then
        self._write(self._clock() + TIMEOUT_SECONDS)

    def receive(self, event: events.CursorPosition) -> None:
        """Take an answer, perhaps to an earlier question."""
        self._answers = True
        if (event.x, event.y) == self._position and self._then is not None:
            self._finish(event.time)

    def _write(self, deadline: float) -> None:
        column, row = self._position
        output.write(self._app, f"\x1b[{row + 1};{column + 1}H\x1b[6n")
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._app.set_timer(RETRY_SECONDS, lambda: self._time_out(deadline))

    def _time_out(self, deadline: float) -> None:
        if self._then is None:
            return
        if self._answers is None and self._clock() >= deadline:
            self._answers = False
            self._finish(self._clock())
        else:
            self._write(deadline)

    def _finish(self, at: float) -> None:
        then, self._then = self._then, None
        if then is not None:
            then(at)


def is_too_early(pressed_at: float, seen_at: float | None, guard: float = GUARD_SECONDS) -> bool:
    """Whether a key was pressed before the content, on the screen since `seen_at`, could be read (both monotonic).

    seen_at: None if the question is not on the screen yet. guard: seconds that it takes to read it.
    """
    return seen_at is None or pressed_at - seen_at < guard
