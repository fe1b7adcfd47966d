"""Outliers: samples whose features are far from those of all others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.similarity.standardization import Distances, StandardizedFeatures

NEIGHBORS = 10
LEAST_SCORE = 3.5
"""The outlier score above which Iglewicz and Hoaglin speak of outliers: 1 % of 6,000 dermoscopic images, with hair,
rulers, several lesions or a rim around the image."""
REFERENCES = 20_000
"""Each sample is compared with at most so many others, drawn at random."""
_ROWS = 256
_MAD_OF_NORMAL = 0.6745
_LEAST_RATIO = 1e-3
"""Of a distance to the median; smaller ones, as of duplicates, count as this one."""


def outlier_scores(features: StandardizedFeatures, neighbors: int = NEIGHBORS) -> NDArray[np.float32]:
    """float32[n]: robust z-scores of the logarithm of each sample's mean distance to its `neighbors` nearest others.

    Distances are Euclidean, of standardized features in the subspace. Mean distance: Angiulli, Pizzuti, PKDD 2002,
    after Ramaswamy, Rastogi, Shim, SIGMOD 2000, who take the distance to the k-th. Robust z-score: Iglewicz, Hoaglin,
    How to Detect and Handle Outliers, 1993: 0.6745 (x − median) / median absolute deviation; the logarithm makes the
    distances about normal. All 0 if half of the samples have the same distance, and if there is only one. Memory:
    besides the features, 1,100 n bytes and 80 MB. Time: at most n REFERENCES SUBSPACE operations.
    """
    distances = _mean_distances(Distances(features.projected), neighbors)
    median = np.median(distances)
    if median == 0:
        return np.zeros(len(distances), dtype=np.float32)
    logarithms = np.log(np.maximum(distances / median, _LEAST_RATIO))
    logarithms -= np.median(logarithms)
    deviation = np.median(np.abs(logarithms))
    scores = _MAD_OF_NORMAL * logarithms / deviation if deviation > 1e-9 else np.zeros(len(distances))
    return scores.astype(np.float32)


def _mean_distances(points: Distances, neighbors: int) -> NDArray[np.float64]:
    """float64[n]: the mean distance of each point to its `neighbors` nearest other references."""
    n = len(points)
    references = np.sort(np.random.default_rng(0).permutation(n)[:REFERENCES])
    nearest = min(neighbors, len(references) - 1)
    distances = np.zeros(n)
    if nearest < 1:
        return distances
    for start in range(0, n, _ROWS):
        rows = np.arange(start, min(start + _ROWS, n))
        half_squares = -points.closeness(slice(start, start + _ROWS), references)
        half_squares[rows[:, None] == references] = np.inf
        closest = np.partition(half_squares, nearest - 1, axis=1)[:, :nearest]
        distances[rows] = np.sqrt(2 * np.maximum(closest, 0)).mean(1)
    return distances
