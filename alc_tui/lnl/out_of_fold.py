"""Predictions for samples by networks that have not seen them, from which an unknown noise rate is estimated."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.data.random_streams import random_stream
from alc_tui.model.batches import Positions, TrainingData
from alc_tui.model.device import Compute
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.forward import predict_logits
from alc_tui.model.learner import EpochReport, State, substate
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan

FOLDS = (0, 1)
FOLD_PHASE = 1000


class OutOfFold:
    """Two networks, each trained on one half of the samples, predict the other half and the `held_out` samples.

    build: returns a fresh network for a fold. held_out: int64[m], positions in the source, m ≥ 0. Can be resumed after
    any epoch.
    """

    def __init__(
        self,
        build: Callable[[int], Network],
        data: TrainingData,
        held_out: Positions,
        plan: TrainingPlan,
        compute: Compute,
        seed: int,
    ) -> None:
        self._build, self._data, self._held_out = build, data, held_out
        self._plan, self._compute, self._seed = plan, compute, seed
        self._half = random_stream(seed, "folds").permutation(len(data)) % 2
        self._logits: list[NDArray[np.float32]] = []
        self._learner = self._begin_fold()

    @property
    def epochs(self) -> int:
        """Epochs of both folds together."""
        return len(FOLDS) * self._plan.epochs

    @property
    def done(self) -> int:
        """Finished epochs of both folds together."""
        return len(self._logits) * self._plan.epochs + self._learner.epoch

    def run(self, after_epoch: Callable[[int, EpochReport], None]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Run the remaining epochs; `after_epoch` is called with the number of finished epochs and the last report.

        Returns the logits float32[n, C] of each sample by the network that has not seen it, and the logits
        float32[2, m, C] of the held-out samples by both networks.
        """
        while len(self._logits) < len(FOLDS):
            while self._learner.epoch < self._plan.epochs:
                report = self._learner.run_epoch()
                after_epoch(self.done, report)
            self._logits.append(self._predict())
            if len(self._logits) < len(FOLDS):
                self._learner = self._begin_fold()
        out_of_fold = np.empty((len(self._data), self._logits[0].shape[1]), dtype=np.float32)
        for fold, logits in zip(FOLDS, self._logits, strict=True):
            out_of_fold[self._half == fold] = logits[len(self._held_out) :]
        return out_of_fold, np.stack([logits[: len(self._held_out)] for logits in self._logits])

    def state(self) -> State:
        """Everything that the next epoch depends on, by name."""
        state = {f"logits.{fold}": torch.from_numpy(logits) for fold, logits in enumerate(self._logits)}
        return state | {f"learner.{name}": value for name, value in self._learner.state().items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Resume from what `state` returned; starts again from a state of versions up to 0.4, which lacks logits."""
        if any(name.startswith("answered.") for name in state):
            return
        logits = substate("logits.", state)
        self._logits = [logits[name].numpy() for name in sorted(logits)]
        self._learner = self._begin_fold()
        self._learner.load(substate("learner.", state))

    def _begin_fold(self) -> CrossEntropy:
        fold = len(self._logits)
        seen = self._half != fold
        data = TrainingData(self._data.source, self._data.positions[seen], self._data.labels[seen])
        return CrossEntropy(self._build(fold), data, self._plan, self._compute, self._seed, FOLD_PHASE + fold)

    def _predict(self) -> NDArray[np.float32]:
        """The current network's logits of the held-out samples, then of those it has not seen."""
        unseen = self._data.positions[self._half == len(self._logits)]
        positions = np.concatenate([self._held_out, unseen])
        outputs = predict_logits(
            self._learner.networks, self._data.source, positions, self._compute, self._plan.batch_size
        )
        logits: NDArray[np.float32] = outputs[0]
        return logits
