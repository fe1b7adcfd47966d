"""The noise rate of data whose noise nobody knows, estimated from the data (`--forget-rate auto`).

Two networks are trained with plain cross-entropy, each on one half of the training samples, and each answers for
the half that it has not seen. The confident joint of these out-of-fold answers and the given labels (Northcutt,
Jiang and Chuang 2021, Sec. 3.1) counts, per given class, the samples that confidently belong to another class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.data.streams import stream
from alc_tui.model.batches import BatchSource, Positions
from alc_tui.model.device import Compute
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.learning import EpochReport, Plan, State, predict, under
from alc_tui.model.metrics import softmax
from alc_tui.model.networks import Network

FOLDS = (0, 1)
FOLD_PHASE = 1000
HIGHEST = 0.9


def confident_joint(probabilities: NDArray[np.float32], given: NDArray[np.int64]) -> NDArray[np.float64]:
    """Q[i, j], the estimated share of samples with given label i and true label j; float64[C, C], sums to 1.

    probabilities: out-of-fold float[n, C]. given: int64[n]. A sample is counted for class j if its p_j reaches the
    mean p_j of the samples given j, for the most probable such j; rows are then scaled to the given labels' shares.
    """
    classes = probabilities.shape[1]
    exact = probabilities.astype(np.float64)  # in float32 the mean of equal values can exceed them all
    present = np.isin(np.arange(classes), given)
    threshold = np.array([exact[given == j, j].mean() if present[j] else np.inf for j in range(classes)])
    confident = np.where(exact >= threshold, exact, -1.0)
    believed = confident.argmax(1)
    counted = confident.max(1) >= 0
    joint = np.zeros((classes, classes))
    np.add.at(joint, (given[counted], believed[counted]), 1)
    rows = joint.sum(1, keepdims=True)
    joint = np.where(rows > 0, joint / np.maximum(rows, 1), np.eye(classes))
    shares: NDArray[np.float64] = np.bincount(given, minlength=classes) / len(given)
    return joint * shares[:, None]


def noise_rate(joint: NDArray[np.float64]) -> float:
    """The share of samples whose given label is not the true one, by a joint Q; at most HIGHEST."""
    return min(max(0.0, round(float(1 - np.trace(joint)), 3)), HIGHEST)


class OutOfFold:
    """Two networks, each trained on one half of the samples, which then answer for the other half.

    `build(fold)` gives a fresh network. Can be put down after any epoch and taken up again.
    """

    def __init__(
        self,
        build: Callable[[int], Network],
        source: BatchSource,
        positions: Positions,
        given: NDArray[np.int64],
        plan: Plan,
        compute: Compute,
        seed: int,
    ) -> None:
        self._build, self._source, self._positions, self._given = build, source, positions, given
        self._plan, self._compute, self._seed = plan, compute, seed
        self._half = stream(seed, "folds").permutation(len(positions)) % 2
        self._answered: list[NDArray[np.float32]] = []
        self._learner = self._begin_fold()

    @property
    def epochs(self) -> int:
        """Epochs of both folds together."""
        return len(FOLDS) * self._plan.epochs

    def run(self, after_epoch: Callable[[int, EpochReport], None]) -> NDArray[np.float32]:
        """The epochs still to be done; `after_epoch` gets how many are and the report of the last one.

        Returns class probabilities float32[n, C] of each sample by the network that has not seen it.
        """
        while len(self._answered) < len(FOLDS):
            while self._learner.epoch < self._plan.epochs:
                report = self._learner.run_epoch()
                after_epoch(len(self._answered) * self._plan.epochs + self._learner.epoch, report)
            self._answered.append(self._answer())
            if len(self._answered) < len(FOLDS):
                self._learner = self._begin_fold()
        answers = np.empty((len(self._positions), self._answered[0].shape[1]), dtype=np.float32)
        for fold, answered in zip(FOLDS, self._answered, strict=True):
            answers[self._half == fold] = answered
        return answers

    def state(self) -> State:
        """All that the next epoch depends on, by name."""
        state = {f"answered.{fold}": torch.from_numpy(answers) for fold, answers in enumerate(self._answered)}
        return state | {f"learner.{name}": value for name, value in self._learner.state().items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a state given by `state()`."""
        answered = under("answered.", state)
        self._answered = [answered[name].numpy() for name in sorted(answered)]
        self._learner = self._begin_fold()
        self._learner.load(under("learner.", state))

    def _begin_fold(self) -> CrossEntropy:
        fold = len(self._answered)
        seen = self._half != fold
        return CrossEntropy(
            self._build(fold),
            self._source,
            self._positions[seen],
            self._given[seen],
            self._plan,
            self._compute,
            self._seed,
            FOLD_PHASE + fold,
        )

    def _answer(self) -> NDArray[np.float32]:
        unseen = self._positions[self._half == len(self._answered)]
        logits, _ = predict(self._learner.networks, self._source, unseen, self._compute, self._plan.batch_size)
        return softmax(logits[0])
