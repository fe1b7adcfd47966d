"""The worker's events, folded into one snapshot that the training screen draws. Knows no widget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from alc_tui.session.events import Epoch, Event, Failed, Notice, RoundFinished, Started, Step, Stopped


@dataclass(frozen=True)
class Training:
    """How a training stands. round: None until a worker has said what it does. epoch: epochs done of `epochs`.

    eta: seconds from the last epoch to the end of the phase. best_f1: the best validation macro-F1 seen, at
    `best_epoch`. step: work outside the epochs in progress. failure: the sentence it ended with.
    """

    round: int | None = None
    epoch: int = 0
    epochs: int = 0
    device: str = ""
    samples: int = 0
    losses: tuple[float, ...] = ()
    forget_rate: float | None = None
    f1: float | None = None
    best_f1: float | None = None
    best_epoch: int = 0
    kept: tuple[float, ...] | None = None
    selection_precision: float | None = None
    eta: float | None = None
    step: Step | None = None
    notices: tuple[str, ...] = ()
    failure: str | None = None
    stopped: bool = False

    def starting(self) -> Training:
        """The same, with how the last worker ended forgotten: a new one is on its way."""
        return replace(self, failure=None, stopped=False, step=None, eta=None, notices=())


def follow(training: Training, events: Iterable[Event]) -> Training:
    """How the training stands after some more events."""
    for event in events:
        training = _after(training, event)
    return training


def _after(training: Training, event: Event) -> Training:
    match event:
        case Started():
            after = _begun(training, event)
        case Epoch():
            after = _epoch_done(training, event)
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


def _begun(training: Training, event: Started) -> Training:
    """A phase taken up again keeps what is known of it; a new one begins blank."""
    goes_on = event.epoch > 0 and event.round == training.round
    base = training.starting() if goes_on else Training(notices=training.notices)
    return replace(
        base,
        round=event.round,
        epoch=event.epoch,
        epochs=event.epochs,
        device=event.device,
        samples=event.samples,
    )


def _epoch_done(training: Training, event: Epoch) -> Training:
    is_best = training.best_f1 is None or event.validation_macro_f1 > training.best_f1
    return replace(
        training,
        round=event.round,
        epoch=event.epoch,
        epochs=event.epochs,
        losses=tuple(event.losses),
        forget_rate=event.forget_rate,
        f1=event.validation_macro_f1,
        best_f1=event.validation_macro_f1 if is_best else training.best_f1,
        best_epoch=event.epoch if is_best else training.best_epoch,
        kept=None if event.kept is None else tuple(event.kept),
        selection_precision=event.selection_precision,
        eta=event.eta,
        step=None,
    )
