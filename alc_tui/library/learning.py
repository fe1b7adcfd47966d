"""Runs a learner through its epochs, and collects what it learned."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from copy import deepcopy

import numpy as np
from numpy.typing import NDArray

from alc_tui.library.problem import Problem
from alc_tui.library.recipe import Recipe
from alc_tui.library.result import FitResult
from alc_tui.lnl.coteaching import CoTeaching
from alc_tui.model.forward import predict
from alc_tui.model.learner import EpochReport, Learner, State
from alc_tui.model.networks import Network
from alc_tui.model.phase import Phase
from alc_tui.model.scoring.metrics import cross_entropy, mean_softmax, softmax

OnEpoch = Callable[[EpochReport, float | None], None]


def learn(
    problem: Problem,
    learner: Learner,
    recipe: Recipe,
    noise_rate: float,
    labels: NDArray[np.int64],
    on_epoch: OnEpoch | None,
    others: tuple[Network, ...] = (),
) -> FitResult:
    """Run all epochs, with validation if there are validation samples; the result is of round 0.

    labels: int64[n], the current ones. others: peers that the learner does not train, after those that it does. What
    the learner notifies the user of is warned of in the name of the caller's caller.
    """
    reports: list[EpochReport] = []

    def after_epoch(report: EpochReport, score: float | None) -> None:
        reports.append(report)
        if on_epoch is not None:
            on_epoch(report, score)

    data, held_out, classes = problem.data, problem.held_out, problem.architecture.classes
    phase = Phase(learner, data.source, held_out, classes, problem.compute, main=recipe.prediction)
    is_validated = len(held_out.labels) > 0
    if is_validated:
        phase.run(after_epoch)
    else:
        for _ in range(learner.plan.epochs):
            after_epoch(learner.run_epoch(), None)
    for notice in (notice for report in reports for notice in report.notices):
        warnings.warn(notice, stacklevel=3)
    networks, best = (*learner.networks, *others), phase.ensembles[recipe.prediction]
    logits, features = predict(networks, data.source, data.positions, problem.compute, learner.plan.batch_size)
    selected = reports[-1].selected
    return FitResult(
        recipe,
        noise_rate,
        labels,
        np.zeros(len(data), dtype=np.bool_) if selected is None else selected,
        learner.vog() if isinstance(learner, CoTeaching) else None,
        cross_entropy(logits[0], labels),
        mean_softmax(recipe.predicting(list(logits))),
        features,
        softmax(logits[0]),
        softmax(logits[1]) if len(logits) > 1 else None,
        np.array([report.losses for report in reports]),
        np.array(phase.validation),
        best.best_epoch if is_validated else None,
        networks,
        tuple(map(_with_weights, best.members, best.best_weights)) if is_validated else (),
        0,
        np.zeros(len(data), dtype=np.bool_),
        problem,
        learner.plan,
    )


def _with_weights(network: Network, weights: State) -> Network:
    copied = deepcopy(network)
    copied.load_state_dict(weights)
    return copied
