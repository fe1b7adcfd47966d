"""The noise rate of data whose noise nobody knows, estimated from the data (`--forget-rate auto`).

Two networks are trained with plain cross-entropy, each on one half of the training samples, and each answers for
the half that it has not seen. The confident joint of these out-of-fold answers and the given labels (Northcutt,
Jiang and Chuang 2021, Sec. 3.1) counts, per given class, the samples that confidently belong to another class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.streams import stream
from alc_tui.model.batches import BatchSource, Positions
from alc_tui.model.device import Compute
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.learning import Plan, predict
from alc_tui.model.metrics import softmax
from alc_tui.model.networks import Network

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


def out_of_fold(
    build: Callable[[int], Network],
    source: BatchSource,
    positions: Positions,
    given: NDArray[np.int64],
    plan: Plan,
    compute: Compute,
    seed: int,
    after_epoch: Callable[[int, int], None],
) -> NDArray[np.float32]:
    """Class probabilities float32[n, C] of each sample by the network that has not seen it.

    `build(fold)` gives a fresh network; `after_epoch(done, of)` counts the epochs of both folds.
    """
    half = stream(seed, "folds").permutation(len(positions)) % 2
    answers: NDArray[np.float32] | None = None
    for fold in (0, 1):
        seen = half != fold
        learner = CrossEntropy(
            build(fold), source, positions[seen], given[seen], replace(plan), compute, seed, FOLD_PHASE + fold
        )
        while learner.epoch < plan.epochs:
            learner.run_epoch()
            after_epoch(fold * plan.epochs + learner.epoch, 2 * plan.epochs)
        logits, _ = predict(learner.networks, source, positions[~seen], compute, plan.batch_size)
        if answers is None:
            answers = np.empty((len(positions), logits.shape[2]), dtype=np.float32)
        answers[~seen] = softmax(logits[0])
    assert answers is not None
    return answers
