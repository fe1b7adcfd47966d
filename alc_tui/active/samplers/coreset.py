"""The coreset sampler: greedy k-centre on features (Sener and Savarese 2018, Alg. 1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.samplers.pool import Pool, Ranking

CHUNK = 2048


def coreset(pool: Pool, count: int) -> Ranking:
    """Again and again the candidate farthest from its nearest centre, which then is a centre itself.

    The centres begin with the clean set's features; without any, with the first candidate of the random order.
    The score is the distance at the moment of the pick. Ties go to the earlier candidate.
    """
    count = min(count, len(pool.features))
    nearest = _squared_distance_to_nearest(pool.features, pool.centres)
    if len(pool.centres) == 0 and count:
        nearest[pool.lottery.argmin()] = np.finfo(nearest.dtype).max
    norms = _squared_norms(pool.features)
    picks, distances = np.empty(count, dtype=np.int64), np.empty(count)
    for place in range(count):
        pick = int(nearest.argmax())
        picks[place], distances[place] = pick, nearest[pick]
        to_pick = norms + norms[pick] - 2 * (pool.features @ pool.features[pick])
        np.minimum(nearest, to_pick, out=nearest)
        nearest[picks[: place + 1]] = -np.inf
    return Ranking(picks, np.sqrt(np.maximum(distances, 0)))


def _squared_distance_to_nearest(points: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32[n]: squared Euclidean distance of each point to its nearest centre; the largest float without centres."""
    nearest = np.full(len(points), np.finfo(np.float32).max / 2, dtype=np.float32)
    norms = _squared_norms(points)
    for start in range(0, len(centres), CHUNK):
        chunk = centres[start : start + CHUNK]
        reduced = (_squared_norms(chunk)[:, None] - 2 * (chunk @ points.T)).min(0)
        np.minimum(nearest, reduced + norms, out=nearest)
    return nearest


def _squared_norms(points: NDArray[np.float32]) -> NDArray[np.float32]:
    squares: NDArray[np.float32] = np.einsum("nd,nd->n", points, points)
    return squares
