"""Prints a worker's events as lines."""

from __future__ import annotations

import time
from collections.abc import Callable

from alc_tui.cli.output import print_message
from alc_tui.errors import AlcError, TrainingFailed, UsageError
from alc_tui.session.store import lock
from alc_tui.session.store.events import Event, EventReader, Failed, Position, RoundFinished, Stopped
from alc_tui.session.store.folder import SessionFolder
from alc_tui.text.events import EventLines, line

POLL_SECONDS = 0.2
SECONDS_BETWEEN_LINES = 60.0


def follow(folder: SessionFolder, reader: EventReader) -> None:
    """Print the worker's events until it ends; raises the error it ended with, TrainingFailed if it was killed.

    reader: events are printed from its current position.
    """
    printer = Printer()
    last: Event | None = None
    while True:
        running = lock.is_held(folder.worker_lock)
        for event in reader.poll():
            if isinstance(last, Failed):
                printer.show(last)
            last = event
            if not isinstance(event, Failed):  # the last failure is raised
                printer.show(event)
        if not running:
            break
        time.sleep(POLL_SECONDS)
    if isinstance(last, Failed):
        kinds: dict[int, type[AlcError]] = {1: AlcError, 2: UsageError}
        raise kinds.get(last.exit_code, TrainingFailed)(last.text)
    if not isinstance(last, RoundFinished | Stopped):
        raise TrainingFailed(
            f"The worker of session {folder.name!r} ended unexpectedly; see {folder.worker_log}, or continue from its "
            f"last epoch with `alc session train {folder.name}`."
        )


class Printer:
    """Prints one line per event to stderr; a step that reports progress gets only its first and last line, an epoch its
    last and, while it lasts, one per SECONDS_BETWEEN_LINES.

    clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lines, self._clock = EventLines(), clock
        self._printed_at = clock()

    def show(self, event: Event) -> None:
        """Print an event."""
        is_due = self._clock() - self._printed_at >= SECONDS_BETWEEN_LINES
        text = f"  {line(event)}" if isinstance(event, Position) and is_due else self._lines.next(event)
        if text is not None:
            print_message(text)
            self._printed_at = self._clock()
