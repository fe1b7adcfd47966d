"""Samplers based on how well the class probabilities p agree with the given label y."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.samplers.information import entropy_of
from alc_tui.active.samplers.pool import Pool, Ranking, highest_first, required

AMBIGUITY = 0.30
"""The entropy, to base C, that a sample may have before it counts as ambiguous."""


def joint(pool: Pool, count: int) -> Ranking:
    """Highest CE(p, y) − max(H(p) − 0.30, 0) first, logs to base C (Bernhardt et al. 2022, Active label cleaning).

    Samples with a wrong label come before ambiguous ones. The unit is the entropy of a uniform p; scores go from above
    −0.70 to 126 for C = 2, or to 42 for C = 8, because a p_y of 0 counts as the smallest float32. Raises UsageError
    without `given`.
    """
    p = pool.probabilities.astype(np.float64)
    base = np.log(p.shape[1])
    cross_entropy = -np.log(np.maximum(_of_given(pool, "joint"), np.finfo(np.float32).tiny)) / base
    return highest_first(cross_entropy - np.maximum(entropy_of(p) / base - AMBIGUITY, 0), count)


def self_confidence(pool: Pool, count: int) -> Ranking:
    """Highest 1 − p_y first, in [0, 1] (Northcutt, Jiang and Chuang 2021, confident learning; cleanlab's
    `self_confidence`).

    Raises UsageError without `given`.
    """
    return highest_first(1 - _of_given(pool, "self-confidence"), count)


def normalized_margin(pool: Pool, count: int) -> Ranking:
    """Highest max over k ≠ y of p_k, minus p_y, first, in [−1, 1] (Northcutt, Jiang and Chuang 2021, confident
    learning; cleanlab's `normalized_margin`). Raises UsageError without `given`."""
    of_given = _of_given(pool, "normalized-margin")
    others = pool.probabilities.astype(np.float64)
    others[np.arange(len(others)), pool.given] = -np.inf
    return highest_first(others.max(1) - of_given, count)


def _of_given(pool: Pool, sampler: str) -> NDArray[np.float64]:
    """p_y, float64[n]."""
    given = required(pool.given, "given", sampler)
    return pool.probabilities[np.arange(len(given)), given].astype(np.float64)
