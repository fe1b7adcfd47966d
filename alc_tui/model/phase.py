"""One phase of training: runs and validates a learner's epochs and keeps the best one; can be resumed after any
epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.errors import TrainingFailed
from alc_tui.model.batches import BatchSource, Positions
from alc_tui.model.device import Compute
from alc_tui.model.forward import predict_logits
from alc_tui.model.learner import EpochReport, Learner, State, substate
from alc_tui.model.networks import Network
from alc_tui.model.scoring.metrics import macro_f1, mean_softmax, softmax


@dataclass(frozen=True)
class HeldOut:
    """Held-out samples. positions: int64[m], in the source. labels: int64[m], for the scores."""

    positions: Positions
    labels: NDArray[np.int64]


@dataclass
class Ensemble:
    """Networks that predict together, and the first epoch with the best validation macro-F1.

    They predict by their summed logits, or by their mean probabilities.
    """

    members: tuple[Network, ...]
    by_probabilities: bool = False
    best_score: float = -1.0
    best_epoch: int = -1
    best_weights: tuple[State, ...] = ()

    def update_best(self, validation: float, epoch: int) -> None:
        """Keep a copy of the members' weights if this epoch is better than all previous ones."""
        if validation > self.best_score:
            self.best_score, self.best_epoch = validation, epoch
            self.best_weights = tuple(_copy(member.state_dict()) for member in self.members)

    def combine(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """The class probabilities float32[n, C] for the logits float32[K, n, C] of at least as many networks."""
        own = logits[: len(self.members)]
        return mean_softmax(own) if self.by_probabilities else softmax(own.sum(0))

    def state(self) -> State:
        """The state of the best epoch, by name."""
        state = {
            "score": torch.tensor(self.best_score, dtype=torch.float64),
            "epoch": torch.tensor(self.best_epoch),
        }
        for number, weights in enumerate(self.best_weights):
            state |= {f"{number}.{name}": value for name, value in weights.items()}
        return state

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Restore what `state` returned."""
        self.best_score, self.best_epoch = float(state["score"]), int(state["epoch"])
        device = next(self.members[0].parameters()).device
        self.best_weights = tuple(
            {name: value.to(device) for name, value in substate(f"{number}.", state).items()}
            for number in range(len(self.members))
        )


@dataclass(frozen=True)
class Predictions:
    """Class probabilities of an ensemble for a held-out set, with the weights of its best epoch and of the last one.

    best, last: float32[m, C], rows sum to 1. best_epoch: from 0.
    """

    best: NDArray[np.float32]
    last: NDArray[np.float32]
    best_epoch: int


AfterEpoch = Callable[[EpochReport, float], None]


class Phase:
    """Runs a learner through its plan. Peer 1 is scored alone (`peer1`), two peers also by their summed logits
    (`peers`), and by their mean probabilities if `main` is `mean`.

    The test set is not used until `predictions` is called at the end, unless it is passed as `watched`: then
    `watched` holds the macro-F1 of each epoch, by ensemble. `validation` holds the validation macro-F1 of each epoch of
    the `main` ensemble.
    """

    def __init__(
        self,
        learner: Learner,
        source: BatchSource,
        validation: HeldOut,
        classes: int,
        compute: Compute,
        watched: HeldOut | None = None,
        main: str = "peer1",
    ) -> None:
        self._main = main
        self.learner, self._source, self._validation, self._watched = learner, source, validation, watched
        self._classes, self._compute = classes, compute
        self.ensembles = {"peer1": Ensemble(learner.networks[:1])}
        if len(learner.networks) > 1:
            self.ensembles["peers"] = Ensemble(learner.networks)
        if main == "mean":
            self.ensembles["mean"] = Ensemble(learner.networks, by_probabilities=True)
        self.validation: list[float] = []
        self.watched: dict[str, list[float]] = {name: [] for name in self.ensembles} if watched else {}

    def run(self, after_epoch: AfterEpoch) -> None:
        """Run the remaining epochs; `after_epoch` is called with the report and the main validation macro-F1.

        If the plan has no epochs, the networks are unchanged and validated once.
        """
        if self.learner.plan.epochs == 0:
            self._validate(0)
        while self.learner.epoch < self.learner.plan.epochs:
            report = self.learner.run_epoch()
            after_epoch(report, self._validate(report.epoch))

    def predictions(self, test: Positions) -> dict[str, Predictions]:
        """Predictions for the samples at `test` int64[m], by ensemble.

        Afterward, the learner's networks have their last weights again.
        """
        last = self._logits(self.learner.networks, test)
        best = self._best_logits(test)
        return {
            name: Predictions(ensemble.combine(best[ensemble.best_epoch]), ensemble.combine(last), ensemble.best_epoch)
            for name, ensemble in self.ensembles.items()
        }

    def state(self) -> State:
        """Everything that the next epoch and the scores depend on, by name."""
        state = {f"learner.{name}": value for name, value in self.learner.state().items()}
        for name, ensemble in self.ensembles.items():
            state |= {f"best.{name}.{key}": value for key, value in ensemble.state().items()}
        state |= {f"watched.{name}": torch.tensor(each, dtype=torch.float64) for name, each in self.watched.items()}
        return state | {"validation": torch.tensor(self.validation, dtype=torch.float64)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Resume from what `state` returned."""
        self.learner.load(substate("learner.", state))
        for name, ensemble in self.ensembles.items():
            ensemble.load(substate(f"best.{name}.", state))
        self.validation = state["validation"].tolist()
        self.watched = {name: state[f"watched.{name}"].tolist() for name in self.watched}

    def _validate(self, epoch: int) -> float:
        scores = self._scores(self._validation)
        for name, ensemble in self.ensembles.items():
            ensemble.update_best(scores[name], epoch)
        if self._watched is not None:
            for name, score in self._scores(self._watched).items():
                self.watched[name].append(score)
        self.validation.append(scores[self._main])
        return scores[self._main]

    def _scores(self, held_out: HeldOut) -> dict[str, float]:
        """Macro-F1 by ensemble, with the current weights."""
        logits = self._logits(self.learner.networks, held_out.positions)
        return {
            name: macro_f1(ensemble.combine(logits).argmax(1), held_out.labels, self._classes)
            for name, ensemble in self.ensembles.items()
        }

    def _best_logits(self, test: Positions) -> dict[int, NDArray[np.float32]]:
        """The logits float32[K, m, C] by epoch, of each epoch that is the best of an ensemble, of as many networks as
        its largest ensemble has."""
        largest: dict[int, Ensemble] = {}
        for ensemble in sorted(self.ensembles.values(), key=lambda each: len(each.members)):
            largest[ensemble.best_epoch] = ensemble
        return {epoch: self._logits_of_best(ensemble, test) for epoch, ensemble in largest.items()}

    def _logits_of_best(self, ensemble: Ensemble, test: Positions) -> NDArray[np.float32]:
        last_weights = tuple(_copy(member.state_dict()) for member in ensemble.members)
        _load_all(ensemble.members, ensemble.best_weights)
        logits = self._logits(ensemble.members, test)
        _load_all(ensemble.members, last_weights)
        return logits

    def _logits(self, networks: tuple[Network, ...], positions: Positions) -> NDArray[np.float32]:
        logits = predict_logits(networks, self._source, positions, self._compute, self.learner.plan.batch_size)
        if not np.isfinite(logits).all():
            raise TrainingFailed(
                "The network's predictions are not finite; start again with a smaller --lr, or, if this training was "
                "resumed, delete its checkpoint."
            )
        return logits


def _load_all(members: tuple[Network, ...], weights: tuple[State, ...]) -> None:
    for member, state in zip(members, weights, strict=True):
        member.load_state_dict(state)


def _copy(state: Mapping[str, Tensor]) -> State:
    return {name: value.detach().clone() for name, value in state.items()}
