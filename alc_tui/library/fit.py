"""Learning with noisy labels in one call, on plain arrays."""

from __future__ import annotations

from dataclasses import asdict

import torch
from numpy.typing import ArrayLike

from alc_tui.errors import UsageError
from alc_tui.library.estimate import estimate
from alc_tui.library.learning import OnEpoch, learn
from alc_tui.library.problem import BodyFactory, Problem, deterministic, prepare
from alc_tui.library.ranges import check_ranges
from alc_tui.library.recipe import CO_TEACHING, Recipe
from alc_tui.library.recipe import recipe as named
from alc_tui.library.result import FitResult
from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.lnl.dividemix import DivideMix, DivideMixSettings
from alc_tui.lnl.elr import ELR, ELRSettings
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.learner import Learner
from alc_tui.model.optimization import TrainingPlan
from alc_tui.session.settings.names import AUTO, PAPER


def fit(
    inputs: ArrayLike,
    labels: ArrayLike,
    *,
    recipe: str | Recipe = PAPER,
    method: str | None = None,
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
    labels: int[n], the given labels as class indices, starting at 0. recipe: `paper`, `balanced`, or what
    `alc_tui.recipe` made: how to learn, to rank and, in `retrain`, to learn again. method: that of the recipe if
    omitted; `ct-vog` (Co-teaching with Variance of Gradients: Khanal et al. 2024), `ct` (Co-teaching: Han et al. 2018),
    `elr` (Early-Learning Regularization: Liu et al. 2020), `dividemix` (Li et al. 2020) or `ce` (cross-entropy, the
    baseline). noise_rate: τ in [0, 1), the share of wrong labels, or `auto` to estimate it first. Only `ct-vog` and
    `ct` use it. validation: inputs and labels (clean, if possible) of held-out samples, used to score each epoch.
    classes: C; the highest label plus 1 if omitted. epochs: ≥ 1. warmup: epochs before VOG is used, during which the
    forget rate rises to τ; for dividemix, epochs of cross-entropy. One fifth of `epochs` if omitted, as in the paper
    (10 of 50). mix_ratio: m in [0, 1], the share of the selected samples that VOG chooses. vog_window: t ≥ 1, the
    number of epochs over which VOG is computed. batch_size: ≥ 2. learning_rate: > 0, initial rate of SGD with cosine
    decay to 0. backbone: for images, `resnet18` if omitted, `small` (fast, for small images) or any torchvision
    classifier that ends in a linear layer; or a function that returns a fresh torch module from inputs to features [B,
    D]. If omitted for features, a linear head is trained. weights: of a named backbone: `imagenet`, `none` or the path
    of a state dict; `imagenet` if omitted (`none` for `small`). image_size: side of the network's input in pixels; if
    omitted, that of the images, but at most 224. device: `cuda`, `cuda:N`, `mps` or `cpu`; the best available if
    omitted. seed: of all random choices; the same seed gives the same result on the same machine. on_epoch: called
    after each epoch with its report and the validation macro-F1 (None without validation).

    Returns a `FitResult`. Warns if VOG would take effect only after the last epoch. Raises UsageError (a ValueError)
    for an invalid argument, TrainingFailed if the loss becomes non-finite.
    """
    check_ranges(epochs=epochs)
    plan, warmup = TrainingPlan(epochs, batch_size, learning_rate), epochs // 5 if warmup is None else warmup
    chosen = _chosen(recipe, method)
    _check(chosen.method, noise_rate, plan, warmup, mix_ratio, vog_window)
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
        if chosen.method in CO_TEACHING:
            tau = estimate(problem, plan).rate if isinstance(noise_rate, str) else noise_rate
        mix = mix_ratio if chosen.method == "ct-vog" else 0.0
        learner = _learner(problem, chosen.method, plan, CoTeachingSettings(tau, warmup, mix, vog_window))
        return learn(problem, learner, chosen, tau, problem.data.labels, on_epoch)


def _chosen(recipe: str | Recipe, method: str | None) -> Recipe:
    """The recipe, with another method if one is passed."""
    if not isinstance(recipe, str | Recipe):
        raise UsageError(f"`recipe` is {recipe!r}; pass a name, or what `alc_tui.recipe` returns.")
    values = asdict(named(recipe) if isinstance(recipe, str) else recipe)
    return named(**(values if method is None else values | {"method": method}))


def _check(
    method: str, noise_rate: float | str, plan: TrainingPlan, warmup: int, mix_ratio: float, vog_window: int
) -> None:
    """Raise UsageError for the first invalid argument."""
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
