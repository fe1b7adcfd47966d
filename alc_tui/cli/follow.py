"""Following a worker's events as lines."""

from __future__ import annotations

import time

from alc_tui.cli.output import say
from alc_tui.errors import AlcError, TrainingFailed, UsageError
from alc_tui.session import lock
from alc_tui.session.events import Epoch, Event, EventReader, Failed, Notice, RoundFinished, Started, Step, Stopped
from alc_tui.session.folder import SessionFolder
from alc_tui.tui.text import duration

POLL_SECONDS = 0.2


def follow(folder: SessionFolder, reader: EventReader) -> None:
    """Print what the worker does until it ends; raises the error it ended with.

    reader: where to begin. Raises TrainingFailed if the worker was killed.
    """
    printer = Printer()
    last: Event | None = None
    while True:
        running = lock.is_held(folder.worker_lock)
        for event in reader.poll():
            if isinstance(last, Failed):
                printer.show(last)
            last = event
            if not isinstance(event, Failed):  # the last failure is raised, not shown
                printer.show(event)
        if not running:
            break
        time.sleep(POLL_SECONDS)
    if isinstance(last, Failed):
        kinds: dict[int, type[AlcError]] = {1: AlcError, 2: UsageError}
        raise kinds.get(last.exit_code, TrainingFailed)(last.text)
    if not isinstance(last, RoundFinished | Stopped):
        raise TrainingFailed(
            f"The worker of session {folder.name!r} ended without a word (killed? {folder.worker_log} may say more); "
            f"`alc session train {folder.name}` goes on from its last epoch."
        )


class Printer:
    """One line per event on stderr; steps of counted work at their beginning and end only."""

    def __init__(self) -> None:
        self._step = ""

    def show(self, event: Event) -> None:
        """Print an event."""
        if isinstance(event, Step):
            if event.what != self._step or event.done == event.total:
                self._step = event.what
                say(f"  {event.what}: {event.done:,} of {event.total:,}")
            return
        say(line(event))


def line(event: Event) -> str:
    """An event as one line for a person."""
    if isinstance(event, Started):
        again = f", going on after epoch {event.epoch}" if event.epoch else ""
        return f"{phase(event.round)}: {event.samples:,} samples, {event.epochs} epochs on {event.device}{again}"
    if isinstance(event, Epoch):
        return epoch_line(event)
    if isinstance(event, RoundFinished):
        return f"{phase(event.round)} done: macro-F1 best {event.macro_f1_best:.3f}, last {event.macro_f1_last:.3f}"
    if isinstance(event, Stopped):
        return f"{phase(event.round)} stopped after epoch {event.epoch}"
    if isinstance(event, Notice | Failed):
        return event.text
    return f"{event.what}: {event.done:,} of {event.total:,}"


def epoch_line(event: Epoch) -> str:
    """Losses, forget rate, validation macro-F1, what was kept, and the expected end."""
    losses = " / ".join(f"{loss:.3f}" for loss in event.losses)
    text = f"  epoch {event.epoch:>3} of {event.epochs}  loss {losses}  val macro-F1 {event.validation_macro_f1:.3f}"
    if event.kept is not None:
        kept = " ".join(f"{100 * share:.0f}" for share in event.kept)
        text += f"  kept % by class {kept}"
    if event.selection_precision is not None:
        text += f"  precision {event.selection_precision:.3f}"
    return f"{text}  {duration(event.eta)} to go"


def phase(number: int) -> str:
    """`LNL` for round 0, else `Round r`."""
    return "LNL" if number == 0 else f"Round {number}"
