"""Samplers based on disagreement between predictions: of one network with dropout, or of the two peers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.samplers.information import entropy_of
from alc_tui.active.samplers.pool import Pool, Ranking, highest_first, required


def bald(pool: Pool, count: int) -> Ranking:
    """Highest mutual information of label and weights first, in nats, in [0, ln C] (Houlsby et al. 2011, Eq. 2).

    Passes with dropout approximate samples of the weights (Gal, Islam and Ghahramani 2017, Sec. 3). Raises UsageError
    without `dropout`.
    """
    return highest_first(divergence(required(pool.dropout, "dropout", "bald").astype(np.float64)), count)


def peers(pool: Pool, count: int) -> Ranking:
    """Highest Jensen–Shannon divergence of the two peers' probabilities first, in nats, in [0, ln 2] (Lin 1991, Sec.
    IV).

    Raises UsageError without `peer2`.
    """
    both = np.stack([pool.probabilities, required(pool.peer2, "peer2", "peers")])
    return highest_first(divergence(both.astype(np.float64)), count)


def divergence(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """H(mean over T of p) − mean over T of H(p), in nats, in [0, ln min(C, T)]: float64[n]. p: float64[T, n, C].

    The mutual information between the prediction that is drawn and its label; for T = 2, the Jensen–Shannon divergence.
    """
    gained: NDArray[np.float64] = np.maximum(entropy_of(p.mean(0)) - entropy_of(p).mean(0), 0)
    return gained
