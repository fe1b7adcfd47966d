"""Estimates an unknown noise rate, on plain arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import ArrayLike

from alc_tui.data.random_streams import random_stream
from alc_tui.library.problem import BodyFactory, Problem, deterministic, prepare
from alc_tui.library.ranges import check_ranges
from alc_tui.lnl.estimate import OutOfFold, accuracy_by_agreement, accuracy_by_validation, noise_rate
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
) -> float:
    """The share of wrong labels, estimated from the labels themselves: 0…0.9.

    Two networks learn with cross-entropy, each from one half of the samples, and predict the other half. Their
    agreement with the given labels, together with their accuracy, gives the rate. With validation samples, whose labels
    must be clean, the accuracy is measured; otherwise, it is inferred from how often the two networks agree on a
    held-out fifth of the samples. The estimate tends to be too high: on dermoscopic images by up to 0.10 with clean
    validation labels, and by up to 0.17 without.

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


def estimate(problem: Problem, plan: TrainingPlan) -> float:
    """The forget rate for a learner with this plan, estimated with networks that train for half as many epochs (at
    least 5)."""
    return _estimate(problem, replace(plan, epochs=max(plan.epochs // 2, 5)))


def _estimate(problem: Problem, plan: TrainingPlan) -> float:
    classes, seed = problem.architecture.classes, problem.architecture.seed
    data, held_out = problem.data, problem.held_out.positions
    is_clean = len(held_out) > 0
    if not is_clean:
        order = random_stream(seed, "held out").permutation(data.positions)
        cut = max(1, round(HELD_OUT * len(data)))
        held_out, seen = np.sort(order[:cut]), np.sort(order[cut:])
        data = TrainingData(data.source, seen, data.labels[seen])
    folds = OutOfFold(problem.network, data, held_out, plan, problem.compute, seed)
    predicted, of_held_out = folds.run(lambda _done, _report: None)
    if is_clean:
        shares = np.bincount(predicted, minlength=classes) / len(predicted)
        accuracy = accuracy_by_validation(of_held_out.ravel(), np.tile(problem.held_out.labels, 2), shares)
    else:
        accuracy = accuracy_by_agreement(of_held_out[0], of_held_out[1], classes)
    return noise_rate(float((predicted == data.labels).mean()), accuracy, classes)
