"""Samplers by the disagreement of several opinions: peer 1 under dropout with itself, or the two peers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.samplers.information import entropy_of
from alc_tui.active.samplers.pool import Pool, Ranking, highest_first
from alc_tui.errors import UsageError


def bald(pool: Pool, count: int) -> Ranking:
    """Highest mutual information of label and weights first, in nats, 0…ln C (Houlsby et al. 2011, Eq. 2).

    The draws of the weights are passes with dropout (Gal et al. 2017, Sec. 3). Raises UsageError without them.
    """
    if pool.dropout is None:
        raise UsageError("The sampler bald needs peer 1's answers under dropout; give `dropout`, or another sampler.")
    return highest_first(divergence(pool.dropout.astype(np.float64)), count)


def peers(pool: Pool, count: int) -> Ranking:
    """Highest Jensen–Shannon divergence of the two peers' probabilities first, in nats, 0…ln 2 (Lin 1991, Sec. IV).

    Raises UsageError without peer 2.
    """
    if pool.peer2 is None:
        raise UsageError("The sampler peers needs peer 2's answers; give `peer2`, or another sampler.")
    return highest_first(divergence(np.stack([pool.probabilities, pool.peer2]).astype(np.float64)), count)


def divergence(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """H(mean over T of p) − mean over T of H(p), in nats, 0…ln min(C, T): float64[n]. p: float64[T, n, C].

    The mutual information between which of the T opinions is asked and its answer; for T = 2, Jensen–Shannon.
    """
    gained: NDArray[np.float64] = np.maximum(entropy_of(p.mean(0)) - entropy_of(p).mean(0), 0)
    return gained
