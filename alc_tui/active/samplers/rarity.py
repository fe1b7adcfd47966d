"""A sampler based on uncertainty about rare classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.samplers.pool import Pool, Ranking, highest_first, required

SMOOTHING = 0.5
"""Added to the number of labels of each class."""


def rarity(pool: Pool, count: int) -> Ranking:
    """Highest Σ_c p_c·(1 − p_c) / π_c first: the Gini impurity, each class weighted by the inverse of its share.

    π_c is the share of class c among the labels in force, with half a label added to each class. Class-weighted
    uncertainty for imbalanced data follows Aggarwal, Popescu and Hudelot 2020 and Bengar et al. 2022. Scores are in
    [0, ¼·Σ 1 / π_c]. Raises UsageError without `class_counts`.
    """
    counts = required(pool.class_counts, "class_counts", "rarity")
    return highest_first(contributions(pool.probabilities, counts).sum(1), count)


def contributions(probabilities: NDArray[np.float32], class_counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """p_c·(1 − p_c) / π_c, the part of each class in a score of `rarity`: float64[n, C].

    probabilities: float[n, C]. class_counts: int64[C].
    """
    counts = class_counts + SMOOTHING
    p = probabilities.astype(np.float64)
    parts: NDArray[np.float64] = p * (1 - p) * (counts.sum() / counts)
    return parts
