"""Finds the clean samples most similar to a sample in the queue, which are shown next to it. Not used by samplers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

COUNT = 4
NONE = -1
BLOCK = 64
"""How many samples are compared with the clean set at a time: memory holds BLOCK similarities per clean sample."""


def nearest_clean(
    features: NDArray[np.float32], queries: NDArray[np.int64], clean: NDArray[np.bool_], count: int = COUNT
) -> NDArray[np.int64]:
    """The `count` clean samples of highest cosine similarity to each query, most similar first: int64[k, count].

    features: float32[n, D]. queries: int64[k], positions among the n. clean: bool[n]. The result holds positions among
    the n, too, without the query itself, padded with NONE where there are fewer. A feature vector of zeros has
    similarity 0 to all. Ties go to the smaller position.
    """
    positions = np.flatnonzero(clean)
    nearest = np.full((len(queries), count), NONE, dtype=np.int64)
    nearby = min(count + 1, len(positions))  # one more, as the query itself may be clean
    if nearby == 0:
        return nearest
    centers = unit(features[positions])
    for start in range(0, len(queries), BLOCK):
        asked = queries[start : start + BLOCK]
        block = features[asked]
        similar = unit(block) @ centers.T
        least = np.partition(similar, -nearby, axis=1)[:, -nearby] - _rounding(features.shape[1])
        for row, (query, vector) in enumerate(zip(asked, block, strict=True)):
            close = positions[(similar[row] >= least[row]) & (positions != query)]
            order = np.argsort(-_similarity(features[close], vector), kind="stable")[:count]
            nearest[start + row, : len(order)] = close[order]
    return nearest


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each vector divided by its length; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    units: NDArray[np.float32] = vectors / lengths
    return units


def _rounding(dimensions: int) -> float:
    """The largest joint error of two float32 products of unit vectors; what is closer is compared in float64.

    A matrix product does not even guarantee equal similarities for equal vectors, because it sums in blocks.
    """
    return (dimensions + 8) * float(np.finfo(np.float32).eps)


def _similarity(vectors: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cosine similarity in float64 of vectors float32[m, D] to another one, with equal values for equal vectors."""
    exact, of = vectors.astype(np.float64), other.astype(np.float64)
    lengths = np.sqrt((exact**2).sum(1) * (of**2).sum())
    lengths[lengths == 0] = 1
    similarity: NDArray[np.float64] = (exact * of).sum(1) / lengths
    return similarity
