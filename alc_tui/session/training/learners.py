"""Builds the learner of each method for round 0 and for later rounds, and derives the clean set. To add a method, write
a builder and register it in `BUILDERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.cleaning import TrainingSet, retraining_weights
from alc_tui.data.random_streams import stream_seed
from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.lnl.dividemix import DivideMix, DivideMixSettings
from alc_tui.lnl.elr import ELR, ELRSettings
from alc_tui.model.batches import TrainingData
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.learner import Learner
from alc_tui.model.optimization import TrainingPlan
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.departures import (
    CE_ON_ALL,
    COSINE_PERIOD,
    FREE_CORRECTIONS,
    SELECTION_COUNTS,
    VOG_PASS,
    VOG_START,
)
from alc_tui.session.training.workspace import Workspace


def training_plan(config: Config, epochs: int) -> TrainingPlan:
    """The configured training plan for a phase with this many epochs."""
    return TrainingPlan(epochs, config.batch_size, config.lr)


def labels_to_learn(workspace: Workspace) -> NDArray[np.int64]:
    """The labels of round 0, int64[n]: the given ones, or with the method `clean` the true ones."""
    return workspace.truth if workspace.config.method == "clean" else workspace.given


def build_learner(workspace: Workspace, tau: float) -> Learner:
    """The learner of round 0, by the configured method. tau: τ in [0, 1), which only co-teaching uses."""
    return BUILDERS[workspace.config.method](workspace, tau)


def clean_set_of(
    workspace: Workspace, learner: Learner, selected: NDArray[np.bool_] | None, loss: NDArray[np.float32]
) -> TrainingSet:
    """The clean set after round 0, and the current labels.

    selected: bool[n], what the learner selected in the last epoch; None for a method without a selection: then no
    sample is clean, except with the method `clean`, where all are. loss: float32[n], of peer 1 in eval mode.
    """
    if workspace.config.method == "clean":
        return TrainingSet(np.ones(len(workspace.train), dtype=np.bool_), workspace.truth)
    if isinstance(learner, CoTeaching) and workspace.config.clean_set == "global":
        selected = learner.select_globally(loss)
    clean = np.zeros(len(workspace.train), dtype=np.bool_) if selected is None else selected
    return TrainingSet(clean, workspace.given)


def labels_of_undecided(workspace: Workspace, selected: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The labels of undecided samples in the rounds, int64[n]: the given ones, right or wrong.

    selected: bool[n], LNL's clean set. The authors' code gives these samples their true labels, outside the budget.
    """
    if workspace.config.has_departure(FREE_CORRECTIONS):
        return np.where(selected, workspace.truth, workspace.given)
    return workspace.given


def round_training_set(config: Config, training: TrainingSet, excluded: NDArray[np.bool_]) -> TrainingSet:
    """The training set of a round: the clean set, or all samples except the excluded ones, bool[n]. alc-ct uses all
    samples, and so does cross-entropy in the authors' code.
    """
    if config.method == "alc-ct" or (config.method == "ce" and config.has_departure(CE_ON_ALL)):
        return TrainingSet(~excluded, training.labels)
    return training


def round_learner(
    workspace: Workspace, number: int, learned: TrainingSet, decided: NDArray[np.bool_], tau: float
) -> Learner:
    """The learner of round `number` ≥ 1: fine-tunes peer 1 or both peers, by default with cross-entropy.

    With alc-ct, Co-teaching goes on without a new warm-up, with the remaining share of wrong labels (Bernhardt et al.
    2022). decided: bool[n], samples with a decided label. tau: the share of wrong labels that LNL assumed.
    """
    config = workspace.config
    indices = np.flatnonzero(learned.clean)
    labels = learned.labels[indices]
    networks = workspace.trained_peers(number - 1)
    plan = training_plan(config, config.round_epochs)
    if config.has_departure(COSINE_PERIOD):
        plan = replace(plan, descent=config.rounds + 1)
    data = TrainingData(workspace.source, workspace.train[indices], labels)
    if config.method == "alc-ct":
        corrected = int((learned.labels != workspace.given).sum())
        settings = CoTeachingSettings(round(max(tau - corrected / len(workspace.given), 0.0), 6), warmup=1, mix_ratio=0)
        seed = stream_seed(config.seed, "co-teaching", number)
        return CoTeaching((networks[0], networks[1]), data, settings, plan, workspace.compute, seed)
    weights = retraining_weights(labels, decided[indices], config.balance, config.decided_weight)
    return Learner(networks, replace(data, weights=weights), plan, workspace.compute, config.seed, phase=number)


def _co_teaching(workspace: Workspace, tau: float) -> Learner:
    config = workspace.config
    settings = CoTeachingSettings(
        forget_rate=tau,
        warmup=config.warmup,
        mix_ratio=config.mix_ratio if config.method == "ct-vog" else 0.0,
        window=config.vog_window,
        vog_pass="train" if config.has_departure(VOG_PASS) else config.vog_pass,
        vog_gradient=config.vog_gradient,
        normalize_vog=config.vog_normalized,
        vog_delay=int(config.has_departure(VOG_START)),
        truncated=config.has_departure(SELECTION_COUNTS),
    )
    return CoTeaching(
        (workspace.network(0), workspace.network(1)),
        _given(workspace),
        settings,
        training_plan(config, config.epochs),
        workspace.compute,
        config.seed,
    )


def _cross_entropy(workspace: Workspace, _tau: float) -> Learner:
    """Cross-entropy on all labels; `al` skips training and leaves the network unchanged."""
    config = workspace.config
    data = TrainingData(workspace.source, workspace.train, labels_to_learn(workspace))
    plan = training_plan(config, 0 if config.method == "al" else config.epochs)
    return CrossEntropy(workspace.network(0), data, plan, workspace.compute, config.seed)


def _elr(workspace: Workspace, _tau: float) -> Learner:
    config = workspace.config
    data, plan = _given(workspace), training_plan(config, config.epochs)
    return ELR(workspace.network(0), data, ELRSettings(), plan, workspace.compute, config.seed)


def _dividemix(workspace: Workspace, _tau: float) -> Learner:
    config = workspace.config
    data, plan = _given(workspace), training_plan(config, config.epochs)
    peers, settings = (workspace.network(0), workspace.network(1)), DivideMixSettings(warmup=config.warmup)
    return DivideMix(peers, data, settings, plan, workspace.compute, config.seed)


def _given(workspace: Workspace) -> TrainingData:
    """All training samples with their given labels."""
    return TrainingData(workspace.source, workspace.train, workspace.given)


BUILDERS: dict[str, Callable[[Workspace, float], Learner]] = {
    "ct-vog": _co_teaching,
    "ct": _co_teaching,
    "alc-ct": _co_teaching,
    "ce": _cross_entropy,
    "elr": _elr,
    "dividemix": _dividemix,
    "clean": _cross_entropy,
    "al": _cross_entropy,
}
