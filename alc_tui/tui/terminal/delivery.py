"""Delivery confirmation: finds out whether the terminal has received the output so far, by querying its cursor
position.

The query is sent after the picture, and terminals answer in order. When the answer arrives, the picture is on the
screen, and all later keys were pressed after it appeared. A query before the picture tells how long the line took for
it. Inside tmux or GNU Screen, the multiplexer answers, so the delay of the connection beyond it is unknown; where tmux
is attached through SSH, the queue of that connection tells how fast it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

from textual import events
from textual.app import App
from textual.timer import Timer

from alc_tui.tui.terminal import output
from alc_tui.tui.terminal.line_speed import LineSpeed
from alc_tui.tui.terminal.ssh_queue import SshQueue

RETRY_SECONDS = 1.0
"""Seconds before the query is repeated: an answer that arrives in pieces is read as keys and lost."""
TIMEOUT_SECONDS = 5.0
"""Seconds for which a terminal that has never answered is waited for."""
FEWEST_QUERIES = 4
"""Queries without an answer after which it is no longer waited for: an app that got no processor time for
`TIMEOUT_SECONDS` cannot have seen an answer."""
GUARD_SECONDS = 0.15
"""Seconds that content must have been on the screen before a key that decides it counts."""
UNMEASURED_BYTES = 50_000
"""What is sent for an image before anything is known about the line."""


@dataclass
class _Query:
    """position: the cell from which it was sent: column and row, from 0. at: when (monotonic). written: bytes sent
    until then. answered: when the answer came, None until then."""

    position: tuple[int, int]
    at: float
    written: int
    answered: float | None = None


class DeliveryConfirmation:
    """Sends one query at a time: a new query replaces the previous one.

    guard: seconds for which something must have been on the screen before a key that decides about it counts.
    clock: monotonic seconds. ssh_queue: of the connection through which a multiplexer is attached, None if there is
    none.
    """

    def __init__(
        self,
        app: App[Any],
        guard: float = GUARD_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        ssh_queue: SshQueue | None = None,
    ) -> None:
        self._app, self.guard, self._clock, self._ssh_queue = app, guard, clock, ssh_queue
        self.line_speed = LineSpeed()
        self._answers: bool | None = None
        self._number = 0
        self._begun: _Query | None = None
        self._query = _Query((0, 0), 0.0, 0)
        self._then: Callable[[float], None] | None = None
        self._unanswered, self._deadline = 0, 0.0
        self._timer: Timer | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is awaited."""
        return self._then is not None

    def bytes_within(self, seconds: float) -> float:
        """How much the line carries in so many seconds; without any measurement, what is acceptable on any line."""
        speed = self.line_speed.bytes_per_second
        if speed is None:
            return inf if self._app.is_headless else UNMEASURED_BYTES
        return speed * seconds

    def begin(self) -> None:
        """Measure how long the line takes for what is written from now until the next `ask`."""
        if not self._app.is_headless:
            self._begun = self._new_query()
            self._write(self._begun)

    def ask(self, then: Callable[[float], None]) -> None:
        """Call `then` with the time (monotonic) at which the terminal had received everything written so far.

        It is called immediately if there is no terminal, or if the terminal has not answered so far: then the answer,
        should one arrive after all, is waited for from the next time on. It is never called if another query is sent
        before the answer arrives.
        """
        if self._app.is_headless:
            then(self._clock())
            return
        self._query, self._then = self._new_query(), then
        if self._answers is False:
            self._write(self._query)
            self._finish(self._clock())
        else:
            self._unanswered, self._deadline = 0, self._clock() + TIMEOUT_SECONDS
            self._send()

    def receive(self, event: events.CursorPosition) -> bool:
        """Take an answer, perhaps to an earlier query; returns whether it is the one that was awaited."""
        self._answers = True
        if self._begun is not None and (event.x, event.y) == self._begun.position:
            self._begun.answered = event.time
        elif (event.x, event.y) == self._query.position and self._then is not None:
            self._measure(event.time)
            self._finish(event.time)
            return True
        return False

    def _new_query(self) -> _Query:
        columns, rows = max(1, self._app.size.width), max(2, self._app.size.height)
        self._number += 1
        # Each query is sent from a different position, which the answer repeats. The first row is left out:
        # `ESC [ 1 ; 2 R` is also Shift+F3.
        row, column = divmod(self._number % ((rows - 1) * columns), columns)
        return _Query((column, row + 1), self._clock(), output.written(self._app))

    def _write(self, query: _Query) -> None:
        column, row = query.position
        output.write(self._app, f"\x1b[{row + 1};{column + 1}H\x1b[6n")

    def _send(self) -> None:
        self._write(self._query)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._app.set_timer(RETRY_SECONDS, self._time_out)

    def _time_out(self) -> None:
        if self._then is None:
            return
        self._unanswered += 1
        if self._answers is None and self._unanswered >= FEWEST_QUERIES and self._clock() >= self._deadline:
            self._answers = False
            self._finish(self._clock())
        else:
            self._send()

    def _finish(self, at: float) -> None:
        then, self._then = self._then, None
        if then is not None:
            then(at)

    def _measure(self, at: float) -> None:
        """The time from one answer to the other, less the time in which nothing was written yet."""
        begun, query, self._begun = self._begun, self._query, None
        if begun is None or begun.answered is None or begun.at > query.at:
            return
        size = query.written - begun.written
        if self._ssh_queue is None:
            self.line_speed.record(size, (at - begun.answered) - (query.at - begun.at))
        elif size >= SshQueue.FEWEST_BYTES:
            self._app.run_worker(self._ssh_queue.measure(size, self.line_speed), exclusive=True, group="ssh queue")


def is_too_early(pressed_at: float, seen_at: float | None, guard: float = GUARD_SECONDS) -> bool:
    """Whether a key was pressed before the content, on the screen since `seen_at`, could be read (both monotonic).

    seen_at: None if the question is not on the screen yet. guard: seconds that it takes to read it.
    """
    return seen_at is None or pressed_at - seen_at < guard
