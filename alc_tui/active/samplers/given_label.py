"""Samplers that ask how well peer 1's class probabilities p agree with the given label y."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.samplers.information import entropy_of
from alc_tui.active.samplers.pool import Pool, Ranking, highest_first

AMBIGUITY = 0.30
"""The entropy, to base C, that a sample may have before it counts as ambiguous."""


def joint(pool: Pool, count: int) -> Ranking:
    """Highest CE(p, y) − max(H(p) − 0.30, 0) first, logs to base C (Bernhardt et al. 2022, active label cleaning).

    Wrong before ambiguous. In units of a flat p's entropy, from above −0.70 to 126 for C = 2 or 42 for C = 8: a p_y of
    0 counts as the smallest float32.
    """
    p = pool.probabilities.astype(np.float64)
    base = np.log(p.shape[1])
    cross_entropy = -np.log(np.maximum(_of_given(pool), np.finfo(np.float32).tiny)) / base
    return highest_first(cross_entropy - np.maximum(entropy_of(p) / base - AMBIGUITY, 0), count)


def self_confidence(pool: Pool, count: int) -> Ranking:
    """Highest 1 − p_y first, 0…1 (Northcutt et al. 2021, confident learning; cleanlab's `self_confidence`)."""
    return highest_first(1 - _of_given(pool), count)


def normalized_margin(pool: Pool, count: int) -> Ranking:
    """Highest max over k ≠ y of p_k, minus p_y, first, −1…1 (confident learning; cleanlab's `normalized_margin`)."""
    others = pool.probabilities.astype(np.float64)
    others[np.arange(len(others)), pool.given] = -np.inf
    return highest_first(others.max(1) - _of_given(pool), count)


def _of_given(pool: Pool) -> NDArray[np.float64]:
    """p_y, float64[n]."""
    return pool.probabilities[np.arange(len(pool.given)), pool.given].astype(np.float64)
