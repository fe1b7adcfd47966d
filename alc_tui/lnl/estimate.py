"""Estimates an unknown noise rate from the data (`--forget-rate auto`).

Two networks are trained with plain cross-entropy, each on one half of the training samples, and each predicts the other
half. How often these predictions agree with the given labels depends on two things only, if wrong labels and wrong
predictions spread evenly over the other classes: the share p of wrong labels, and the networks' accuracy a. That
accuracy is measured on validation labels where they are clean; where they are as noisy as the others, it is inferred
from how often the two networks agree with each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.data.random_streams import random_stream
from alc_tui.model.batches import Positions, TrainingData
from alc_tui.model.device import Compute
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.forward import predict
from alc_tui.model.learner import EpochReport, State, substate
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan

FOLDS = (0, 1)
FOLD_PHASE = 1000
MAX_RATE = 0.9


def noise_rate(agreement: float, accuracy: float, classes: int) -> float:
    """p, solved from g = a·(1 − p) + (1 − a)·p / (C − 1) and clamped to [0, MAX_RATE].

    agreement: g, the share of out-of-fold predictions that equal the given label. accuracy: a, the share of predictions
    that equal the true label. A network no better than chance is not informative about the labels: returns MAX_RATE.
    """
    by_chance = (1 - accuracy) / (classes - 1)
    if accuracy <= by_chance:
        return MAX_RATE
    return round(min(max((accuracy - agreement) / (accuracy - by_chance), 0.0), MAX_RATE), 3)


def accuracy_by_validation(
    predicted: NDArray[np.int64], labels: NDArray[np.int64], shares: NDArray[np.float64]
) -> float:
    """a = Σ_c share_c · recall_c: the recalls on a validation set, weighted by the classes of the training set.

    predicted, labels: int64[m], of the validation set. shares: float64[C], the share of each class among the
    predictions for the training samples; classes without validation samples are left out.
    """
    support = np.bincount(labels, minlength=len(shares))
    correct = np.bincount(labels[predicted == labels], minlength=len(shares))
    weights = shares * (support > 0)
    return float((weights * correct / np.maximum(support, 1)).sum() / weights.sum())


def accuracy_by_agreement(first: NDArray[np.int64], second: NDArray[np.int64], classes: int) -> float:
    """a, solved from c = a² + (1 − a)² / (C − 1), where c is the share of samples on which two networks agree.

    first, second: int64[m], predictions of two equally accurate networks with independent errors. If their errors are
    correlated, they agree more often, and a and p are overestimated.
    """
    others = classes - 1
    agreement = float((first == second).mean())
    discriminant = max(1 - (others + 1) * (1 - others * agreement), 0.0)
    return (1 + math.sqrt(discriminant)) / (others + 1)


class OutOfFold:
    """Two networks, each trained on one half of the samples, predict the other half and the `held_out` samples.

    build: returns a fresh network for a fold. held_out: int64[m], positions in the source. Can be resumed after any
    epoch.
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
        self._predicted: list[NDArray[np.int64]] = []
        self._learner = self._begin_fold()

    @property
    def epochs(self) -> int:
        """Epochs of both folds together."""
        return len(FOLDS) * self._plan.epochs

    @property
    def done(self) -> int:
        """Finished epochs of both halves together."""
        return len(self._predicted) * self._plan.epochs + self._learner.epoch

    def run(self, after_epoch: Callable[[int, EpochReport], None]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Run the remaining epochs; `after_epoch` is called with the number of finished epochs and the last report.

        Returns the class int64[n] predicted for each sample by the network that has not seen it, and the classes
        int64[2, m] predicted by both networks for the held-out samples.
        """
        while len(self._predicted) < len(FOLDS):
            while self._learner.epoch < self._plan.epochs:
                report = self._learner.run_epoch()
                after_epoch(self.done, report)
            self._predicted.append(self._predict())
            if len(self._predicted) < len(FOLDS):
                self._learner = self._begin_fold()
        out_of_fold = np.empty(len(self._data), dtype=np.int64)
        for fold, predicted in zip(FOLDS, self._predicted, strict=True):
            out_of_fold[self._half == fold] = predicted[len(self._held_out) :]
        return out_of_fold, np.stack([predicted[: len(self._held_out)] for predicted in self._predicted])

    def state(self) -> State:
        """Everything that the next epoch depends on, by name."""
        state = {f"answered.{fold}": torch.from_numpy(predicted) for fold, predicted in enumerate(self._predicted)}
        return state | {f"learner.{name}": value for name, value in self._learner.state().items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Resume from what `state` returned."""
        predicted = substate("answered.", state)
        self._predicted = [predicted[name].numpy() for name in sorted(predicted)]
        self._learner = self._begin_fold()
        self._learner.load(substate("learner.", state))

    def _begin_fold(self) -> CrossEntropy:
        fold = len(self._predicted)
        seen = self._half != fold
        data = TrainingData(self._data.source, self._data.positions[seen], self._data.labels[seen])
        return CrossEntropy(self._build(fold), data, self._plan, self._compute, self._seed, FOLD_PHASE + fold)

    def _predict(self) -> NDArray[np.int64]:
        """The current network's classes for the held-out samples, then for those it has not seen."""
        unseen = self._data.positions[self._half == len(self._predicted)]
        positions = np.concatenate([self._held_out, unseen])
        logits, _ = predict(self._learner.networks, self._data.source, positions, self._compute, self._plan.batch_size)
        predicted: NDArray[np.int64] = logits[0].argmax(1)
        return predicted
