"""Learning with noisy labels in one call, on plain arrays."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import ArrayLike

from alc_tui.errors import UsageError
from alc_tui.library.estimate import estimate
from alc_tui.library.problem import BodyFactory, Problem, deterministic, prepare
from alc_tui.library.ranges import check_ranges
from alc_tui.library.result import FitResult
from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.lnl.dividemix import DivideMix, DivideMixSettings
from alc_tui.lnl.elr import ELR, ELRSettings
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.forward import predict
from alc_tui.model.learner import EpochReport, Learner, State
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.phase import Phase
from alc_tui.model.scoring.metrics import cross_entropy, softmax
from alc_tui.session.settings.names import AUTO
from alc_tui.session.settings.setting import check_choice

CO_TEACHING = ("ct-vog", "ct")
METHODS = (*CO_TEACHING, "ce", "elr", "dividemix")
"""The methods of `fit`."""

OnEpoch = Callable[[EpochReport, float | None], None]


def fit(
    inputs: ArrayLike,
    labels: ArrayLike,
    *,
    method: str = "ct-vog",
    noise_rate: float | str = AUTO,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    classes: int | None = None,
    epochs: int = 50,
    warmup: int | None = None,
    mix_ratio: float = 0.2,
    vog_window: int = 5,
    batch_size: int = 256,
    learning_rate: float = 0.01,
    backbone: str | BodyFactory | None = None,
    weights: str | None = None,
    image_size: int | None = None,
    device: str | torch.device | None = None,
    seed: int = 0,
    on_epoch: OnEpoch | None = None,
) -> FitResult:
    """Learn from labels that are partly wrong, and split the samples into clean and noisy ones.

    inputs: images or features of n samples, as an array, a list or a tensor. Images [n, H, W], [n, H, W, 1 or 3] or [n,
    1 or 3, H, W], integers in [0, 255] or floats in [0, 1]; they are augmented during training. Features [n, D].
    labels: int[n], the given labels as class indices, starting at 0. method: `ct-vog` (Co-teaching with Variance of
    Gradients: Khanal et al. 2024), `ct` (Co-teaching: Han et al. 2018), `elr` (Early-Learning Regularization: Liu et
    al. 2020), `dividemix` (Li et al. 2020) or `ce` (cross-entropy, the baseline). noise_rate: τ in [0, 1), the share of
    wrong labels, or `auto` to estimate it first. Only `ct-vog` and `ct` use it. validation: inputs and labels (clean,
    if possible) of held-out samples, used to score each epoch. classes: C; the highest label plus 1 if omitted. epochs:
    ≥ 1. warmup: epochs before VOG is used, during which the forget rate rises to τ; for dividemix, epochs of
    cross-entropy. One fifth of `epochs` if omitted, as in the paper (10 of 50). mix_ratio: m in [0, 1], the share of
    the selected samples that VOG chooses. vog_window: t ≥ 1, the number of epochs over which VOG is computed.
    batch_size: ≥ 2. learning_rate: > 0, initial rate of SGD with cosine decay to 0. backbone: for images, `resnet18` if
    omitted, `small` (fast, for small images) or any torchvision classifier that ends in a linear layer; or a function
    that returns a fresh torch module from inputs to features [B, D]. If omitted for features, a linear head is trained.
    weights: of a named backbone: `imagenet`, `none` or the path of a state dict; `imagenet` if omitted (`none` for
    `small`). image_size: side of the network's input in pixels; if omitted, that of the images, but at most 224.
    device: `cuda`, `cuda:N`, `mps` or `cpu`; the best available if omitted. seed: of all random choices; the same seed
    gives the same result on the same machine. on_epoch: called after each epoch with its report and the validation
    macro-F1 (None without validation).

    Returns a `FitResult`. Raises UsageError (a ValueError) for an invalid argument, TrainingFailed if the loss becomes
    non-finite.
    """
    check_ranges(epochs=epochs)
    plan, warmup = TrainingPlan(epochs, batch_size, learning_rate), epochs // 5 if warmup is None else warmup
    _check(method, noise_rate, plan, warmup, mix_ratio, vog_window)
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
        tau = 0.0
        if method in CO_TEACHING:
            tau = estimate(problem, plan).rate if isinstance(noise_rate, str) else noise_rate
        mix = mix_ratio if method == "ct-vog" else 0.0
        learner = _learner(problem, method, plan, CoTeachingSettings(tau, warmup, mix, vog_window))
        return _learn(problem, learner, method, tau, on_epoch)


def _check(
    method: str, noise_rate: float | str, plan: TrainingPlan, warmup: int, mix_ratio: float, vog_window: int
) -> None:
    """Raise UsageError for the first invalid argument."""
    check_choice("method", method, METHODS)
    if noise_rate != AUTO:
        if isinstance(noise_rate, str):
            raise UsageError(f"`noise_rate` is {noise_rate!r}; pass a number in [0, 1), or 'auto'.")
        check_ranges(noise_rate=noise_rate)
    check_ranges(warmup=warmup, mix_ratio=mix_ratio, vog_window=vog_window)
    check_ranges(batch_size=plan.batch_size, learning_rate=plan.lr)
    if method == "dividemix" and warmup >= plan.epochs:
        raise UsageError(
            f"`warmup` is {warmup} of {plan.epochs} epochs, so dividemix never divides the samples; pass a lower one."
        )


def _learner(problem: Problem, method: str, plan: TrainingPlan, settings: CoTeachingSettings) -> Learner:
    compute, seed = problem.compute, problem.architecture.seed
    if method == "ce":
        return CrossEntropy(problem.network(0), problem.data, plan, compute, seed)
    if method == "elr":
        return ELR(problem.network(0), problem.data, ELRSettings(), plan, compute, seed)
    peers = problem.network(0), problem.network(1)
    if method == "dividemix":
        return DivideMix(peers, problem.data, DivideMixSettings(warmup=settings.warmup), plan, compute, seed)
    return CoTeaching(peers, problem.data, settings, plan, compute, seed)


def _learn(problem: Problem, learner: Learner, method: str, tau: float, on_epoch: OnEpoch | None) -> FitResult:
    """Run all epochs of a learner, with validation if there are validation samples."""
    data, batch_size = problem.data, learner.plan.batch_size
    reports: list[EpochReport] = []

    def after_epoch(report: EpochReport, score: float | None) -> None:
        reports.append(report)
        if on_epoch is not None:
            on_epoch(report, score)

    phase = Phase(learner, data.source, problem.held_out, problem.architecture.classes, problem.compute)
    is_validated = len(problem.held_out.labels) > 0
    if is_validated:
        phase.run(after_epoch)
    else:
        for _ in range(learner.plan.epochs):
            after_epoch(learner.run_epoch(), None)
    logits, features = predict(learner.networks, data.source, data.positions, problem.compute, batch_size)
    selected = reports[-1].selected
    best = phase.ensembles["peer1"]
    return FitResult(
        method,
        tau,
        data.labels,
        np.zeros(len(data), dtype=np.bool_) if selected is None else selected,
        learner.vog() if isinstance(learner, CoTeaching) else None,
        cross_entropy(logits[0], data.labels),
        softmax(logits[0]),
        features,
        softmax(logits[1]) if len(logits) > 1 else None,
        np.array([report.losses for report in reports]),
        np.array(phase.validation),
        best.best_epoch if is_validated else None,
        learner.networks,
        _with_weights(learner.networks[0], best.best_weights[0]) if is_validated else None,
        problem.architecture,
        batch_size,
    )


def _with_weights(network: Network, weights: State) -> Network:
    copied = deepcopy(network)
    copied.load_state_dict(weights)
    return copied
