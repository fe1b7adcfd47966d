"""One round: learning again from the clean set and an expert's answers."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alc_tui.active.cleaning import UNDECIDED, TrainingSet, apply_decisions, retraining_weights
from alc_tui.errors import UsageError
from alc_tui.library.arrays import check_count, to_labels, to_positions
from alc_tui.library.learning import OnEpoch, learn
from alc_tui.library.problem import Problem, deterministic
from alc_tui.library.ranges import check_ranges
from alc_tui.library.recipe import Recipe
from alc_tui.library.result import FitResult
from alc_tui.model.batches import TrainingData
from alc_tui.model.learner import Learner
from alc_tui.session.settings.names import BOTH


def retrain(
    result: FitResult,
    positions: ArrayLike,
    labels: ArrayLike,
    *,
    epochs: int = 25,
    learning_rate: float | None = None,
    on_epoch: OnEpoch | None = None,
) -> FitResult:
    """A round as in a session: fine-tune the peers on the clean set and all decided samples (Khanal et al. 2024,
    Sec. 2.2), as the result's recipe says.

    result: of `fit` or of the round before; it stays as it is. positions: of the samples decided since, int[k], such as
    those that `rank` returned; bool[n] if a mask. labels: int[k], their decided labels. epochs: ≥ 1. learning_rate: >
    0, initial rate of SGD with cosine decay to 0; that of `fit` if omitted. on_epoch: as in `fit`.

    Returns the result of the next round: `clean` and `labels` contain the decisions, `vog` is that of LNL. Raises
    UsageError (a ValueError) for an invalid argument, and if no sample is clean or decided.
    """
    check_ranges(epochs=epochs)
    plan = replace(result._plan, epochs=epochs)
    if learning_rate is not None:
        check_ranges(learning_rate=learning_rate)
        plan = replace(plan, lr=learning_rate)
    problem, recipe = result._problem, result.recipe
    decided = _decided(positions, labels, problem)
    training = apply_decisions(result.clean, result.labels, decided, np.zeros(len(decided), dtype=np.bool_))
    is_decided = result.decided | (decided != UNDECIDED)
    if not training.clean.any():
        raise UsageError("There is nothing to train on; pass decided samples, or use a method with a clean set.")
    trained = 2 if recipe.tune_peers == BOTH else 1
    with deterministic(problem.compute):
        learner = Learner(
            tuple(map(deepcopy, result.networks[:trained])),
            _data(problem, recipe, training, is_decided),
            plan,
            problem.compute,
            problem.architecture.seed,
            phase=result.round + 1,
        )
        learned = learn(
            problem, learner, recipe, result.noise_rate, training.labels, on_epoch, others=result.networks[trained:]
        )
    return replace(learned, clean=training.clean, decided=is_decided, vog=result.vog, round=result.round + 1)


def _decided(positions: ArrayLike, labels: ArrayLike, problem: Problem) -> NDArray[np.int64]:
    """The decided label of each training sample, int64[n], or UNDECIDED."""
    where = to_positions(positions, len(problem.data), "positions")
    answers = to_labels(labels, problem.architecture.classes)
    check_count("labels", len(answers), len(where))
    places, counts = np.unique(where, return_counts=True)
    if (counts > 1).any():
        raise UsageError(f"`positions` holds {places[counts > 1][0]} twice; pass each decided sample once.")
    decided = np.full(len(problem.data), UNDECIDED, dtype=np.int64)
    decided[where] = answers
    return decided


def _data(problem: Problem, recipe: Recipe, training: TrainingSet, is_decided: NDArray[np.bool_]) -> TrainingData:
    """The training set of the round, with the weights of the recipe."""
    learned = np.flatnonzero(training.clean)
    labels = training.labels[learned]
    weights = retraining_weights(labels, is_decided[learned], recipe.balance, recipe.decided_weight)
    return TrainingData(problem.data.source, problem.data.positions[learned], labels, weights)
