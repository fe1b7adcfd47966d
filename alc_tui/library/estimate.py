"""Estimates an unknown noise rate, on plain arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import ArrayLike

from alc_tui.data.random_streams import random_stream
from alc_tui.library.problem import BodyFactory, Problem, deterministic, prepare
from alc_tui.library.ranges import check_ranges
from alc_tui.lnl.estimate import NoiseEstimate, estimate_from_predictions
from alc_tui.lnl.out_of_fold import OutOfFold
from alc_tui.model.batches import TrainingData
from alc_tui.model.optimization import TrainingPlan

HELD_OUT = 0.2
"""Share of the samples held out from both networks if there are no validation samples."""


def estimate_noise_rate(
    inputs: ArrayLike,
    labels: ArrayLike,
    *,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    classes: int | None = None,
    epochs: int = 25,
    batch_size: int = 256,
    learning_rate: float = 0.01,
    backbone: str | BodyFactory | None = None,
    weights: str | None = None,
    image_size: int | None = None,
    device: str | torch.device | None = None,
    seed: int = 0,
) -> NoiseEstimate:
    """The share of wrong labels, estimated from the labels themselves, with an interval.

    Two networks learn with cross-entropy, each from one half of the samples, and predict the other half. With
    validation samples, whose labels must be clean and whose classes have the same shares, their accuracy is measured,
    and how often they agree with the given labels gives the rate: for uniform noise without bias, for noise between
    particular classes too low. Otherwise, also if the validation labels look noisy, the rate is what the most confident
    predictions disagree with, which tends to be 0.05 to 0.1 too high for uniform and pair noise on dermoscopic images.
    `basis` of the estimate says which it was.

    epochs: ≥ 1, per network. For the other arguments, see `fit`.
    Raises UsageError, a ValueError, for an invalid argument.
    """
    check_ranges(epochs=epochs, batch_size=batch_size, learning_rate=learning_rate)
    problem = prepare(
        inputs,
        labels,
        validation,
        classes=classes,
        backbone=backbone,
        weights=weights,
        image_size=image_size,
        device=device,
        seed=seed,
    )
    with deterministic(problem.compute):
        return _estimate(problem, TrainingPlan(epochs, batch_size, learning_rate))


def estimate(problem: Problem, plan: TrainingPlan) -> NoiseEstimate:
    """The forget rate for a learner with this plan, estimated with networks that train for half as many epochs (at
    least 5)."""
    return _estimate(problem, replace(plan, epochs=max(plan.epochs // 2, 5)))


def _estimate(problem: Problem, plan: TrainingPlan) -> NoiseEstimate:
    seed, data = problem.architecture.seed, problem.data
    labels, positions = problem.held_out.labels, problem.held_out.positions
    has_clean_labels = len(labels) > 0
    if not has_clean_labels:
        order = random_stream(seed, "held out").permutation(data.positions)
        cut = max(1, round(HELD_OUT * len(data)))
        positions, seen = np.sort(order[:cut]), np.sort(order[cut:])
        data = TrainingData(data.source, seen, data.labels[seen])
    folds = OutOfFold(problem.network, data, positions, plan, problem.compute, seed)
    logits, held_out = folds.run(lambda _done, _report: None)
    return estimate_from_predictions(logits, data.labels, held_out, labels if has_clean_labels else None, seed)
