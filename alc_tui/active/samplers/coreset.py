"""The coreset sampler: greedy k-center on features (Sener and Savarese 2018, Alg. 1).

Exact, although most distances are computed in float32: these only bound how far a candidate can be from its nearest
center. A candidate stays inactive while its bound is below the distance of the farthest active candidate, because it
cannot be picked until then; once activated, its distance is computed in float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.samplers.pool import Pool, Ranking, required

CHUNK = 1024
"""How many centers are compared with BLOCK candidates at a time."""

BLOCK = 256
"""How many candidates are activated at a time."""


def coreset(pool: Pool, count: int) -> Ranking:
    """The candidate farthest from its nearest center, which then becomes a center itself, and so on.

    The centers begin with the clean set's features; without any, with the first candidate of the random order. The
    score is the Euclidean distance of features to the nearest center at the moment of the pick, ≥ 0, decreasing; that
    of a first candidate without a clean set is its distance to the farthest one. Ties go to the earlier candidate: once
    every remaining candidate coincides with a center, the rest follow in their order. Raises UsageError without
    `features`, or without both `centers` and `random_order`.
    """
    features, count = required(pool.features, "features", "coreset"), min(count, len(pool))
    if pool.centers is not None and len(pool.centers):
        return _greedy(features, pool.centers, count)
    random_order = required(pool.random_order, "random_order", "coreset without centers")
    if not count:
        return Ranking(np.empty(0, dtype=np.int64), np.empty(0))
    first = int(random_order.argmin())
    others = np.delete(np.arange(len(features)), first)
    rest = _greedy(features[others], features[[first]], min(max(count - 1, 1), len(others)))
    order, scores = np.append(first, others[rest.order]), np.append(rest.scores.max(initial=0), rest.scores)
    return Ranking(order[:count], scores[:count])


def _greedy(points: NDArray[np.float32], centers: NDArray[np.float32], count: int) -> Ranking:
    """The first `count` ≤ n picks among points float32[n, D]. centers: float32[k, D], k > 0 unless count is 0."""
    bounds = _upper_bounds(points, centers)
    sleeping = np.argsort(-bounds, kind="stable")
    awake, woken = np.empty(points.shape), 0
    nearest = np.full(len(points), -np.inf)
    picks, squares = np.empty(count, dtype=np.int64), np.zeros(count)
    for place in range(count):
        while woken < len(points) and bounds[sleeping[woken]] >= nearest.max():
            waking = sleeping[woken : woken + BLOCK]
            start, woken = woken, woken + len(waking)
            awake[start:woken] = points[waking]
            nearest[waking] = _squared_to_nearest(awake[start:woken], centers)
            if place:
                to_picks = _squared_to_nearest(awake[start:woken], points[picks[:place]])
                nearest[waking] = np.minimum(nearest[waking], to_picks)
        pick = int(nearest.argmax())
        if nearest[pick] == 0:
            picks[place:] = np.setdiff1d(np.arange(len(points)), picks[:place])[: count - place]
            break
        picks[place], squares[place] = pick, nearest[pick]
        members = sleeping[:woken]
        nearest[members] = np.minimum(nearest[members], _squared_norms(awake[:woken] - points[pick]))
        nearest[picks[: place + 1]] = -np.inf
    return Ranking(picks, np.sqrt(squares))


def _upper_bounds(points: NDArray[np.float32], centers: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32[n]: no less than the squared distance of each point to its nearest center; infinite without centers.

    ‖x − c‖² = ‖x‖² + ‖c‖² − 2⟨x, c⟩ by matrix products. Their rounding is at most (D + 5)·(‖x‖² + ‖c‖²)·ε/2 (Higham
    2002, Sec. 3.1), which lengthening the squared norms by the factor 1 + (D + 8)·ε makes up for.
    """
    limits = np.finfo(np.float32)
    slack = 1 + (points.shape[1] + 8) * float(limits.eps)
    minus_twice, lengths = -2 * centers, (slack * _squared_norms(centers)).astype(np.float32)
    nearest = np.full(len(points), np.inf, dtype=np.float32)
    for start in range(0, len(points), BLOCK):
        block = slice(start, start + BLOCK)
        for first in range(0, len(centers), CHUNK):
            chunk = slice(first, first + CHUNK)
            products = points[block] @ minus_twice[chunk].T
            products += lengths[chunk]
            np.minimum(nearest[block], products.min(1), out=nearest[block])
    bounds: NDArray[np.float32] = nearest + (slack * _squared_norms(points)).astype(np.float32) + limits.tiny
    return bounds


def _squared_to_nearest(points: NDArray[np.float64], centers: NDArray[np.float32]) -> NDArray[np.float64]:
    """float64[m]: squared Euclidean distance of each point float64[m, D] to its nearest center, from their difference.

    A matrix product in float64 determines which center is nearest.
    """
    nearest = np.full(len(points), np.inf)
    for start in range(0, len(centers), CHUNK):
        chunk = centers[start : start + CHUNK].astype(np.float64)
        closest = (_squared_norms(chunk) - 2 * (points @ chunk.T)).argmin(1)
        np.minimum(nearest, _squared_norms(points - chunk[closest]), out=nearest)
    return nearest


def _squared_norms(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """float64[n], the squared length of each row, equal for equal rows."""
    squares: NDArray[np.float64] = np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64)
    return squares
