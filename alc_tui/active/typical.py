"""Finds typical samples of each class, with which others can be compared. Not used by samplers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.neighbors import NONE, unit

COUNT = 8


def typical_samples(
    features: NDArray[np.float32], labels: NDArray[np.int64], clean: NDArray[np.bool_], classes: int, count: int = COUNT
) -> NDArray[np.int64]:
    """The `count` clean samples of each class that are nearest to the class's mean, nearest first: int64[C, count].

    features: float32[n, D], scaled to length 1 before the mean is taken. labels: int64[n]. clean: bool[n]. The result
    holds positions among the n, padded with NONE where a class has fewer clean samples. Ties go to the smaller
    position.
    """
    typical = np.full((classes, count), NONE, dtype=np.int64)
    for label in range(classes):
        members = np.flatnonzero(clean & (labels == label))
        directions = unit(features[members]).astype(np.float64)
        closeness = directions @ directions.mean(0) if len(members) else np.empty(0)
        nearest = members[np.argsort(-closeness, kind="stable")[:count]]
        typical[label, : len(nearest)] = nearest
    return typical
