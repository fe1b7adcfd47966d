"""What learns with noisy labels in round 0, by the configuration's method, and the clean set it leaves.

And what learns in the rounds after it, from the labels that are then in force.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.cleaning import TrainingSet
from alc_tui.data.random_streams import stream_seed
from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.lnl.dividemix import DivideMix, DivideMixSettings
from alc_tui.lnl.elr import ELR, ELRSettings
from alc_tui.model.batches import TrainingData
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.learner import Learner
from alc_tui.session.settings.departures import (
    CE_ON_ALL,
    COSINE_PERIOD,
    FREE_CORRECTIONS,
    SELECTION_COUNTS,
    VOG_PASS,
    VOG_START,
)
from alc_tui.session.training.materials import Materials


def make(materials: Materials, tau: float) -> Learner:
    """The learner of the configuration's method; tau: τ, which only co-teaching asks for."""
    return _MAKERS[materials.config.method](materials, tau)


def left(
    materials: Materials, learner: Learner, selected: NDArray[np.bool_] | None, loss: NDArray[np.float32]
) -> TrainingSet:
    """The clean set after the last epoch, and the labels in force.

    selected: bool[n], what the learner selected in that epoch, None for nothing: then no sample is clean, but with the
    method `clean`, where all are. loss: float32[n], of peer 1 in eval mode.
    """
    if materials.config.method == "clean":
        return TrainingSet(np.ones(len(materials.train), dtype=np.bool_), materials.truth)
    if isinstance(learner, CoTeaching) and materials.config.clean_set == "global":
        selected = learner.select_globally(loss)
    clean = np.zeros(len(materials.train), dtype=np.bool_) if selected is None else selected
    return TrainingSet(clean, materials.given)


def labels_kept(materials: Materials, picked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """int64[n], what the rounds know of a sample that nobody decided: its given label, right or wrong.

    picked: bool[n], LNL's picks. The authors' code gives these their true labels, outside the budget.
    """
    if materials.config.departs(FREE_CORRECTIONS):
        return np.where(picked, materials.truth, materials.given)
    return materials.given


def learned_in_round(materials: Materials, training: TrainingSet, excluded: NDArray[np.bool_]) -> TrainingSet:
    """What a round learns from: the clean set, or all samples but the excluded ones, bool[n].

    All are learned from by alc-ct, and by cross-entropy in the authors' code.
    """
    config = materials.config
    if config.method == "alc-ct" or (config.method == "ce" and config.departs(CE_ON_ALL)):
        return TrainingSet(~excluded, training.labels)
    return training


def again(materials: Materials, number: int, learned: TrainingSet, tau: float) -> Learner:
    """The learner of round `number` ≥ 1. tau: the share of wrong labels that LNL went by.

    Peer 1 is fine-tuned; with alc-ct co-teaching begins anew, by the share of wrong labels that is left.
    """
    config, folder = materials.config, materials.folder
    members = np.flatnonzero(learned.clean)
    if config.method == "alc-ct":
        put_right = int((learned.labels != materials.given).sum())
        left_wrong = round(max(tau - put_right / len(materials.given), 0.0), 6)
        seed = stream_seed(config.seed, "co-teaching", number)
        return _co_teaching(materials, left_wrong, members, learned.labels[members], seed)
    plan = materials.plan(config.round_epochs)
    if config.departs(COSINE_PERIOD):
        plan = replace(plan, descent=config.rounds + 1)
    return CrossEntropy(
        materials.trained(folder.weights(number - 1)),
        TrainingData(materials.source, materials.train[members], learned.labels[members]),
        plan,
        materials.compute,
        config.seed,
        number,
    )


def labels_learned(materials: Materials) -> NDArray[np.int64]:
    """int64[n]: the given labels, or with the method `clean` the true ones."""
    return materials.truth if materials.config.method == "clean" else materials.given


def _on_given_labels(materials: Materials, tau: float) -> Learner:
    everyone = np.arange(len(materials.train))
    return _co_teaching(materials, tau, everyone, materials.given, materials.config.seed)


def _co_teaching(
    materials: Materials, tau: float, members: NDArray[np.int64], labels: NDArray[np.int64], seed: int
) -> Learner:
    """members: int64[k], places among the training samples. labels: int64[k], theirs."""
    config = materials.config
    settings = CoTeachingSettings(
        forget_rate=tau,
        warmup=config.warmup,
        mix_ratio=config.mix_ratio if config.method == "ct-vog" else 0.0,
        window=config.vog_window,
        vog_pass="train" if config.departs(VOG_PASS) else config.vog_pass,
        vog_gradient=config.vog_gradient,
        normalize_vog=config.vog_normalized,
        vog_delay=int(config.departs(VOG_START)),
        truncated=config.departs(SELECTION_COUNTS),
    )
    return CoTeaching(
        (materials.network(0), materials.network(1)),
        TrainingData(materials.source, materials.train[members], labels),
        settings,
        materials.plan(config.epochs),
        materials.compute,
        seed,
    )


def _cross_entropy(materials: Materials, _tau: float) -> Learner:
    """On all labels; `al` leaves out the learning and keeps the network as it came."""
    config = materials.config
    return CrossEntropy(
        materials.network(0),
        TrainingData(materials.source, materials.train, labels_learned(materials)),
        materials.plan(0 if config.method == "al" else config.epochs),
        materials.compute,
        config.seed,
        phase=0,
    )


def _early_learning(materials: Materials, _tau: float) -> Learner:
    return ELR(
        materials.network(0),
        TrainingData(materials.source, materials.train, materials.given),
        ELRSettings(),
        materials.plan(materials.config.epochs),
        materials.compute,
        materials.config.seed,
    )


def _dividemix(materials: Materials, _tau: float) -> Learner:
    return DivideMix(
        (materials.network(0), materials.network(1)),
        TrainingData(materials.source, materials.train, materials.given),
        DivideMixSettings(warmup=materials.config.warmup),
        materials.plan(materials.config.epochs),
        materials.compute,
        materials.config.seed,
    )


_MAKERS: dict[str, Callable[[Materials, float], Learner]] = {
    "ct-vog": _on_given_labels,
    "ct": _on_given_labels,
    "alc-ct": _on_given_labels,
    "ce": _cross_entropy,
    "elr": _early_learning,
    "dividemix": _dividemix,
    "clean": _cross_entropy,
    "al": _cross_entropy,
}
