"""The worker's events as lines of text for a terminal or a log. Does not depend on any widget."""

from __future__ import annotations

from alc_tui.session.store.events import Epoch, Event, Failed, Notice, Position, RoundFinished, Started, Step, Stopped
from alc_tui.text.format import counted, duration


class EventLines:
    """Lines for successive events; a step that reports progress gets only its first and last line, an epoch its
    last."""

    def __init__(self) -> None:
        self._step = ""

    def next(self, event: Event) -> str | None:
        """The line for an event; None for intermediate progress of a step or within an epoch."""
        if isinstance(event, Step):
            if event.what == self._step and event.done != event.total:
                return None
            self._step = event.what
            return f"  {line(event)}"
        return None if isinstance(event, Position) else line(event)


def line(event: Event) -> str:
    """An event as one human-readable line."""
    if isinstance(event, Started):
        again = f", continued after epoch {event.epoch}" if event.epoch else ""
        work = f"{counted(event.samples, 'sample')}, {counted(event.epochs, 'epoch')}"
        return f"{phase(event.round)}: {work} on {event.device}{again}"
    if isinstance(event, Epoch):
        return epoch_line(event)
    if isinstance(event, RoundFinished):
        return f"{phase(event.round)} done: macro-F1 best {event.macro_f1_best:.3f}, last {event.macro_f1_last:.3f}"
    if isinstance(event, Stopped):
        return f"{phase(event.round)} stopped after epoch {event.epoch}"
    if isinstance(event, Notice | Failed):
        return event.text
    what = f"{phase(event.round)}, samples of epoch {event.epoch + 1}" if isinstance(event, Position) else event.what
    return f"{what}: {event.done:,} of {event.total:,}"


def epoch_line(event: Epoch) -> str:
    """Losses, validation macro-F1, selected shares, selection precision, and remaining time."""
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
