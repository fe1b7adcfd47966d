"""Folds the worker's events into a snapshot for the training screen. Independent of widgets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from alc_tui.session.store.events import Epoch, Event, Failed, Notice, Position, RoundFinished, Started, Step, Stopped


@dataclass(frozen=True)
class Training:
    """The state of a training. round: None until a worker has started it. epoch: finished epochs, of `epochs`.

    history: the known epochs of this phase, in order. position: within the current epoch. eta: seconds from the last
    event to the end of the phase; is_uncertain: estimated while the machine was busy. step: current work outside the
    epochs. failure: the error it ended with.
    """

    round: int | None = None
    epoch: int = 0
    epochs: int = 0
    device: str = ""
    samples: int = 0
    history: tuple[Epoch, ...] = ()
    position: Position | None = None
    eta: float | None = None
    is_uncertain: bool = False
    step: Step | None = None
    notices: tuple[str, ...] = ()
    failure: str | None = None
    stopped: bool = False

    @property
    def latest(self) -> Epoch | None:
        """The last finished epoch."""
        return self.history[-1] if self.history else None

    @property
    def done(self) -> float:
        """Finished epochs, with the share of the current one."""
        position = self.position
        return self.epoch + (position.done / position.total if position is not None and position.total else 0.0)

    @property
    def best(self) -> Epoch | None:
        """The first epoch with the best validation macro-F1."""
        return max(self.history, key=lambda epoch: epoch.validation_macro_f1, default=None)

    def starting(self) -> Training:
        """The same state without the outcome of the last worker, because a new one is starting."""
        return replace(self, failure=None, stopped=False, step=None, position=None, eta=None, notices=())


def follow(training: Training, events: Iterable[Event]) -> Training:
    """The state of the training after more events."""
    for event in events:
        training = _after(training, event)
    return training


def _after(training: Training, event: Event) -> Training:
    match event:
        case Started():
            after = _after_start(training, event)
        case Position():
            after = _after_position(training, event)
        case Epoch():
            after = _after_epoch(training, event)
        case Step():
            after = replace(training, step=event)
        case Notice():
            after = replace(training, notices=(*training.notices, event.text))
        case Failed():
            after = replace(training, failure=event.text, step=None, eta=None)
        case Stopped():
            after = replace(training, stopped=True, step=None, eta=None)
        case RoundFinished():
            after = replace(training, step=None, eta=None)
    return after


def _after_start(training: Training, event: Started) -> Training:
    """A resumed phase keeps its epochs up to that point; a new phase begins without any."""
    is_resumed = event.epoch > 0 and event.round == training.round
    base = training.starting() if is_resumed else Training(notices=training.notices)
    return replace(
        base,
        round=event.round,
        epoch=event.epoch,
        epochs=event.epochs,
        device=event.device,
        samples=event.samples,
        eta=None if event.estimate is None else event.estimate * (1 - event.epoch / max(event.epochs, 1)),
        is_uncertain=event.is_uncertain,
        history=_before(base, event.epoch + 1),
    )


def _after_position(training: Training, event: Position) -> Training:
    """The time left counts down from the last epoch; in the first one, it follows from the time taken so far."""
    if (event.round, event.epoch) != (training.round, training.epoch):
        return training
    if training.history and training.history[-1].epoch == event.epoch:
        eta = training.history[-1].eta - event.seconds
    elif event.done:
        eta = event.seconds * (event.total / event.done * (training.epochs - event.epoch) - 1)
    else:
        return training
    return replace(training, position=event, eta=eta, step=None)


def _after_epoch(training: Training, event: Epoch) -> Training:
    known = _before(training, event.epoch) if event.round == training.round else ()
    return replace(
        training,
        round=event.round,
        epoch=event.epoch,
        epochs=event.epochs,
        history=(*known, event),
        position=None,
        eta=event.eta,
        is_uncertain=False,
        step=None,
    )


def _before(training: Training, epoch: int) -> tuple[Epoch, ...]:
    return tuple(known for known in training.history if known.epoch < epoch)
