"""One phase of training: a learner's epochs, each validated, the best one kept, resumable after any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.model.batches import BatchSource, Positions
from alc_tui.model.device import Compute
from alc_tui.model.learning import EpochReport, Learner, State, predict, under
from alc_tui.model.metrics import macro_f1, softmax
from alc_tui.model.networks import Network


@dataclass(frozen=True)
class Held:
    """Samples held out, with the labels they are scored by."""

    positions: Positions
    labels: NDArray[np.int64]


@dataclass
class Voters:
    """Networks that answer together, by their summed logits, and their first epoch of best validation macro-F1."""

    members: tuple[Network, ...]
    best_score: float = -1.0
    best_epoch: int = -1
    best_weights: tuple[State, ...] = ()

    def offer(self, validation: float, epoch: int) -> None:
        """Keep the members' weights if this epoch is better than all before it."""
        if validation > self.best_score:
            self.best_score, self.best_epoch = validation, epoch
            self.best_weights = tuple(_copy(member.state_dict()) for member in self.members)

    def state(self) -> State:
        """The best epoch, by name."""
        state = {
            "score": torch.tensor(self.best_score, dtype=torch.float64),
            "epoch": torch.tensor(self.best_epoch),
        }
        for number, weights in enumerate(self.best_weights):
            state |= {f"{number}.{name}": value for name, value in weights.items()}
        return state

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up what `state` gave."""
        self.best_score, self.best_epoch = float(state["score"]), int(state["epoch"])
        device = next(self.members[0].parameters()).device
        self.best_weights = tuple(
            {name: value.to(device) for name, value in under(f"{number}.", state).items()}
            for number in range(len(self.members))
        )


@dataclass(frozen=True)
class Answers:
    """Class probabilities float32[n, C] of some voters for a held-out set, with the weights of their best epoch and
    of the last one."""

    best: NDArray[np.float32]
    last: NDArray[np.float32]
    best_epoch: int


AfterEpoch = Callable[[EpochReport, float], None]


class Phase:
    """Runs a learner through its plan. `peer 1` answers alone; two peers are also scored by their summed logits.

    The test set is looked at when `answers` asks for it, at the end, and never on the way, unless it is given as
    `watched`: then `watched` tells the macro-F1 of each epoch, by voters.
    """

    def __init__(
        self,
        learner: Learner,
        source: BatchSource,
        validation: Held,
        classes: int,
        compute: Compute,
        watched: Held | None = None,
    ) -> None:
        self.learner, self._source, self._validation, self._watched = learner, source, validation, watched
        self._classes, self._compute = classes, compute
        self.voters = {"peer1": Voters(learner.networks[:1])}
        if len(learner.networks) > 1:
            self.voters["peers"] = Voters(learner.networks)
        self.validation: list[float] = []
        self.watched: dict[str, list[float]] = {name: [] for name in self.voters} if watched else {}

    def run(self, after_epoch: AfterEpoch) -> None:
        """The epochs still to be done; `after_epoch` gets the report and peer 1's validation macro-F1.

        A plan without epochs leaves the networks as they came, and these are validated once.
        """
        if self.learner.plan.epochs == 0:
            self._validate(0)
        while self.learner.epoch < self.learner.plan.epochs:
            report = self.learner.run_epoch()
            after_epoch(report, self._validate(report.epoch))

    def answers(self, test: Positions) -> dict[str, Answers]:
        """Answers by voters: `peer1`, and `peers` where there are two. The learner keeps its last weights."""
        return {name: self._answer(voters, test) for name, voters in self.voters.items()}

    def state(self) -> State:
        """All that the next epoch and the scores depend on, by name."""
        state = {f"learner.{name}": value for name, value in self.learner.state().items()}
        for voters_name, voters in self.voters.items():
            state |= {f"best.{voters_name}.{name}": value for name, value in voters.state().items()}
        state |= {f"watched.{name}": torch.tensor(each, dtype=torch.float64) for name, each in self.watched.items()}
        return state | {"validation": torch.tensor(self.validation, dtype=torch.float64)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a state given by `state()`."""
        self.learner.load(under("learner.", state))
        for name, voters in self.voters.items():
            voters.load(under(f"best.{name}.", state))
        self.validation = state["validation"].tolist()
        self.watched = {name: state[f"watched.{name}"].tolist() for name in self.watched}

    def _validate(self, epoch: int) -> float:
        scores = self._scores(self._validation)
        for name, voters in self.voters.items():
            voters.offer(scores[name], epoch)
        if self._watched is not None:
            for name, score in self._scores(self._watched).items():
                self.watched[name].append(score)
        self.validation.append(scores["peer1"])
        return scores["peer1"]

    def _scores(self, held: Held) -> dict[str, float]:
        """Macro-F1 by voters, with the present weights."""
        logits = self._logits(self.learner.networks, held.positions)
        told = {name: logits[: len(voters.members)].sum(0).argmax(1) for name, voters in self.voters.items()}
        return {name: macro_f1(answers, held.labels, self._classes) for name, answers in told.items()}

    def _answer(self, voters: Voters, test: Positions) -> Answers:
        last = self._probabilities(voters, test)
        kept = tuple(_copy(member.state_dict()) for member in voters.members)
        _load_all(voters.members, voters.best_weights)
        best = self._probabilities(voters, test)
        _load_all(voters.members, kept)
        return Answers(best, last, voters.best_epoch)

    def _probabilities(self, voters: Voters, test: Positions) -> NDArray[np.float32]:
        return softmax(self._logits(voters.members, test).sum(0))

    def _logits(self, networks: tuple[Network, ...], positions: Positions) -> NDArray[np.float32]:
        return predict(networks, self._source, positions, self._compute, self.learner.plan.batch_size)[0]


def _load_all(members: tuple[Network, ...], weights: tuple[State, ...]) -> None:
    for member, state in zip(members, weights, strict=True):
        member.load_state_dict(state)


def _copy(state: Mapping[str, Tensor]) -> State:
    return {name: value.detach().clone() for name, value in state.items()}
