"""What a sampler is given and what it gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Pool:
    """The candidates of a round: the noisy samples not shown yet, as the un-augmented, eval-mode peer 1 sees them.

    probabilities: float[n, C], rows sum to 1. features: float[n, D]. centers: float[k, D], features of the clean
    set, k ≥ 0. random_order: int64[n], each candidate's place in the session's one random order. given: int64[n], the
    given labels.

    What only one sampler reads may be None for the others. peer2: float[n, C], peer 2's probabilities, for peers.
    dropout: float[T, n, C], peer 1's probabilities in T passes with dropout, for bald. rng: the draws of badge.
    """

    probabilities: NDArray[np.float32]
    features: NDArray[np.float32]
    centers: NDArray[np.float32]
    random_order: NDArray[np.int64]
    given: NDArray[np.int64]
    peer2: NDArray[np.float32] | None = None
    dropout: NDArray[np.float32] | None = None
    rng: np.random.Generator | None = None


@dataclass(frozen=True)
class Ranking:
    """order: int64[k], candidates to show, first to last. scores: float64[k], why, in the sampler's own unit."""

    order: NDArray[np.int64]
    scores: NDArray[np.float64]


def highest_first(scores: NDArray[np.floating], count: int) -> Ranking:
    """The `count` candidates of highest score; ties go to the earlier candidate."""
    order = np.argsort(-scores, kind="stable")[:count]
    return Ranking(order, scores[order].astype(np.float64))
