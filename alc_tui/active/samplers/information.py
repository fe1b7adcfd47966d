"""Shannon entropy, used by several samplers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def entropy_of(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """H(p) = −Σ p·ln p over the last axis, 0·ln 0 = 0, in nats, in [0, ln C]. p: float64[…, C]."""
    nats: NDArray[np.float64] = -(p * np.log(p, where=p > 0, out=np.zeros_like(p))).sum(-1)
    return nats
