"""Texts of the training screen: what is being trained, how it ended, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from alc_tui.session.labeling.review import flagged
from alc_tui.session.labeling.service import SessionService
from alc_tui.tui.training.state import Training

IDLE = "No training is running."
STARTING = "Starting the worker …"
PAUSING = "Pausing …"
PAUSE_QUESTION = "Pause training? Finished epochs are kept; press r to resume from the last one."


def title(number: int, rounds: int) -> str:
    """What is trained in a round."""
    return "learning with noisy labels" if number == 0 else f"retraining, round {number} of {rounds}"


def progress(training: Training) -> str:
    """The progress of training."""
    if not training.epochs:
        return "before the first epoch"
    return f"after epoch {training.epoch} of {training.epochs}"


def paused(training: Training, is_writable: bool) -> str:
    """Message: training was paused. is_writable: whether the user can resume it."""
    return f"Paused {progress(training)}.{_hint(is_writable)}"


def vanished(training: Training, log: Path, is_writable: bool) -> str:
    """The worker ended without an event that says why. log: what it wrote to its standard error."""
    return f"The worker ended unexpectedly {progress(training)} (possibly killed); see {log}.{_hint(is_writable)}"


def not_stopping(holder: str | None) -> str:
    """The worker was asked to stop, but still runs. holder: who started it."""
    return f"The worker is still running. It was started by {holder or 'somebody else'}."


def cannot_stop(error: OSError) -> str:
    """The worker could not be asked to stop."""
    return f"The worker could not be asked to stop: {error}."


def while_waiting(service: SessionService, keys: Mapping[str, str]) -> str:
    """What can be done during a training. keys: by command."""
    offers = [f"{keys['guideline']} the guideline"]
    if service.queue:
        offers.append(f"{keys['grid']} the images of round {service.round}")
    if count := len(flagged(service)):
        offers.append(f"{keys['review']} {count:,} flagged")
    return f"While you wait: {', '.join(offers)}. You can also quit; the training continues."


def ended(session: str, rounds: int) -> str:
    """A round was trained, for somebody who is elsewhere. rounds: those finished before."""
    return f"{session}: round {rounds} is retrained" if rounds else f"{session}: the first images can be labeled"


def finished(rounds: int) -> str:
    """A round was trained while another screen is shown. rounds: those finished before."""
    what = f"Training of round {rounds} has finished" if rounds else "Training has finished"
    return f"{what}. Press Escape to see the scores."


def _hint(is_writable: bool) -> str:
    return " Press r to resume." if is_writable else ""
