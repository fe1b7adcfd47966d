"""The noise rate of data whose noise nobody knows, estimated from the data (`--forget-rate auto`).

Two networks are trained with plain cross-entropy, each on one half of the training samples, and each answers for the
half that it has not seen. How often these answers agree with the given labels depends on two things only, if wrong
labels and wrong answers fall evenly on the other classes: on the share p of wrong labels, and on the networks' accuracy
a. That accuracy is measured on validation labels where they are clean; where they are as noisy as the others, it is
inferred from how often the two networks agree with each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.data.random_streams import random_stream
from alc_tui.model.batches import BatchSource, Positions
from alc_tui.model.device import Compute
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.learning import EpochReport, Plan, State, predict, under
from alc_tui.model.networks import Network

FOLDS = (0, 1)
FOLD_PHASE = 1000
HIGHEST = 0.9


def noise_rate(agreement: float, accuracy: float, classes: int) -> float:
    """p, solved from g = a·(1 − p) + (1 − a)·p / (C − 1) and kept within 0…HIGHEST.

    agreement: g, the share of out-of-fold answers that equal the given label. accuracy: a, the share of answers that
    equal the true one. A network no better than chance tells nothing: HIGHEST.
    """
    by_chance = (1 - accuracy) / (classes - 1)
    if accuracy <= by_chance:
        return HIGHEST
    return round(min(max((accuracy - agreement) / (accuracy - by_chance), 0.0), HIGHEST), 3)


def accuracy_by_validation(answers: NDArray[np.int64], labels: NDArray[np.int64], shares: NDArray[np.float64]) -> float:
    """a = Σ_c share_c · recall_c: the recalls on a validation set, weighed as the classes are in the training set.

    answers, labels: int64[m], of the validation set. shares: float64[C], the share of each class among the answers for
    the training samples; classes that the validation set does not have are left out.
    """
    there = np.bincount(labels, minlength=len(shares))
    right = np.bincount(labels[answers == labels], minlength=len(shares))
    weights = shares * (there > 0)
    return float((weights * right / np.maximum(there, 1)).sum() / weights.sum())


def accuracy_by_agreement(first: NDArray[np.int64], second: NDArray[np.int64], classes: int) -> float:
    """a, solved from c = a² + (1 − a)² / (C − 1), where c is the share of samples on which two networks agree.

    first, second: int64[m], answers of two equally good networks that err independently; networks that find the same
    samples hard agree more, and a, and with it p, comes out too high.
    """
    others = classes - 1
    agreement = float((first == second).mean())
    under_root = max(1 - (others + 1) * (1 - others * agreement), 0.0)
    return (1 + math.sqrt(under_root)) / (others + 1)


class OutOfFold:
    """Two networks, each trained on one half of the samples, which then answer for the other half and for `held` ones.

    `build(fold)` gives a fresh network. Can be put down after any epoch and taken up again.
    """

    def __init__(
        self,
        build: Callable[[int], Network],
        source: BatchSource,
        positions: Positions,
        given: NDArray[np.int64],
        held: Positions,
        plan: Plan,
        compute: Compute,
        seed: int,
    ) -> None:
        self._build, self._source, self._positions, self._given = build, source, positions, given
        self._held = held
        self._plan, self._compute, self._seed = plan, compute, seed
        self._half = random_stream(seed, "folds").permutation(len(positions)) % 2
        self._answered: list[NDArray[np.int64]] = []
        self._learner = self._begin_fold()

    @property
    def epochs(self) -> int:
        """Epochs of both folds together."""
        return len(FOLDS) * self._plan.epochs

    def run(self, after_epoch: Callable[[int, EpochReport], None]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The epochs still to be done; `after_epoch` gets how many are and the report of the last one.

        Returns the answer int64[n] for each sample by the network that has not seen it, and the answers int64[2, m] of
        both networks for the held samples.
        """
        while len(self._answered) < len(FOLDS):
            while self._learner.epoch < self._plan.epochs:
                report = self._learner.run_epoch()
                after_epoch(len(self._answered) * self._plan.epochs + self._learner.epoch, report)
            self._answered.append(self._answer())
            if len(self._answered) < len(FOLDS):
                self._learner = self._begin_fold()
        answers = np.empty(len(self._positions), dtype=np.int64)
        for fold, answered in zip(FOLDS, self._answered, strict=True):
            answers[self._half == fold] = answered[len(self._held) :]
        return answers, np.stack([answered[: len(self._held)] for answered in self._answered])

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

    def _answer(self) -> NDArray[np.int64]:
        """The present network's answers for the held samples, then for those it has not seen."""
        asked = np.concatenate([self._held, self._positions[self._half == len(self._answered)]])
        logits, _ = predict(self._learner.networks, self._source, asked, self._compute, self._plan.batch_size)
        answers: NDArray[np.int64] = logits[0].argmax(1)
        return answers
