"""Samplers based on the uncertainty of the class probabilities p (Settles 2009, Sec. 3.1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.samplers.information import entropy_of
from alc_tui.active.samplers.pool import Pool, Ranking, highest_first


def entropy(pool: Pool, count: int) -> Ranking:
    """Highest H(p) = −Σ p·ln p first, in nats, in [0, ln C] (Settles 2009, Sec. 3.1; Shannon 1948)."""
    return highest_first(entropy_of(pool.probabilities.astype(np.float64)), count)


def least_confidence(pool: Pool, count: int) -> Ranking:
    """Highest 1 − max p first, in [0, 1 − 1/C] (Settles 2009, Sec. 3.1; Lewis and Gale 1994)."""
    return highest_first(1 - _two_highest(pool)[:, 1], count)


def margin(pool: Pool, count: int) -> Ranking:
    """Smallest difference between the two highest p first; the score is the negative difference, in [−1, 0] (Settles
    2009, Sec. 3.1; Scheffer, Decomain and Wrobel 2001)."""
    second, first = _two_highest(pool).T
    return highest_first(second - first, count)


def _two_highest(pool: Pool) -> NDArray[np.float64]:
    """float64[n, 2]: the second highest and the highest probability."""
    return np.partition(pool.probabilities.astype(np.float64), -2, axis=1)[:, -2:]
