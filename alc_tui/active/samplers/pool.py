"""What a sampler is given and what it gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Pool:
    """The candidates of a round: the noisy samples not shown yet, as the un-augmented, eval-mode peer 1 sees them.

    probabilities: float[n, C], rows sum to 1. features: float[n, D]. centres: float[k, D], features of the clean
    set, k ≥ 0. lottery: int64[n], each candidate's place in the session's one random order.
    """

    probabilities: NDArray[np.float32]
    features: NDArray[np.float32]
    centres: NDArray[np.float32]
    lottery: NDArray[np.int64]


@dataclass(frozen=True)
class Ranking:
    """order: int64[k], candidates to show, first to last. scores: float64[k], why, in the sampler's own unit."""

    order: NDArray[np.int64]
    scores: NDArray[np.float64]


def highest_first(scores: NDArray[np.floating], count: int) -> Ranking:
    """The `count` candidates of highest score; ties go to the earlier candidate."""
    order = np.argsort(-scores, kind="stable")[:count]
    return Ranking(order, scores[order].astype(np.float64))
