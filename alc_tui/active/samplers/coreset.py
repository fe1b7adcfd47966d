"""The coreset sampler: greedy k-center on features (Sener and Savarese 2018, Alg. 1).

Exact, although most distances are computed in float32: these only bound how far a candidate can be from its nearest
center. A candidate stays inactive while its bound is below the distance of the farthest active candidate, because it
cannot be picked until then; once activated, its distance is computed in float64.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.samplers.pool import WORKING_BYTES, Pool, Ranking, required

CHUNK = 1024
"""How many centers are compared with BLOCK candidates at a time."""

BLOCK = 256
"""How many candidates are activated at a time."""

ROWS = 16 * BLOCK
"""How many active candidates are compared with a pick at a time."""


def coreset(pool: Pool, count: int, working_bytes: int = WORKING_BYTES) -> Ranking:
    """The candidate farthest from its nearest center, which then becomes a center itself, and so on.

    The centers begin with the clean set's features; without any, with the first candidate of the random order. The
    score is the Euclidean distance of features to the nearest center at the moment of the pick, ≥ 0, decreasing; that
    of a first candidate without a clean set is its distance to the farthest one. Ties go to the earlier candidate: once
    every remaining candidate coincides with a center, the rest follow in their order. working_bytes: how much memory
    active candidates may take in float64; those beyond are converted again for each pick. Raises UsageError without
    `features`, or without both `centers` and `random_order`.
    """
    features, count = required(pool.features, "features", "coreset"), min(count, len(pool))
    if pool.centers is not None and len(pool.centers):
        return _greedy(features, pool.centers, count, working_bytes)
    random_order = required(pool.random_order, "random_order", "coreset without centers")
    if not count:
        return Ranking(np.empty(0, dtype=np.int64), np.empty(0))
    first = int(random_order.argmin())
    others = np.delete(np.arange(len(features)), first)
    rest = _greedy(features[others], features[[first]], min(max(count - 1, 1), len(others)), working_bytes)
    order, scores = np.append(first, others[rest.order]), np.append(rest.scores.max(initial=0), rest.scores)
    return Ranking(order[:count], scores[:count])


def _greedy(points: NDArray[np.float32], centers: NDArray[np.float32], count: int, working_bytes: int) -> Ranking:
    """The first `count` ≤ n picks among points float32[n, D]. centers: float32[k, D], k > 0 unless count is 0."""
    bounds = _upper_bounds(points, centers)
    active = _ActiveCandidates(points, np.argsort(-bounds, kind="stable"), working_bytes)
    nearest = np.full(len(points), -np.inf)
    picks, squares = np.empty(count, dtype=np.int64), np.zeros(count)
    for place in range(count):
        while (following := active.following()) is not None and bounds[following] >= nearest.max():
            members, vectors = active.activate()
            nearest[members] = _squared_to_nearest(vectors, centers)
            if place:
                nearest[members] = np.minimum(nearest[members], _squared_to_nearest(vectors, points[picks[:place]]))
        pick = int(nearest.argmax())
        if nearest[pick] == 0:
            picks[place:] = np.setdiff1d(np.arange(len(points)), picks[:place])[: count - place]
            break
        picks[place], squares[place] = pick, nearest[pick]
        for members, vectors in active.blocks():
            nearest[members] = np.minimum(nearest[members], _squared_norms(vectors - points[pick]))
        nearest[picks[: place + 1]] = -np.inf
    return Ranking(picks, np.sqrt(squares))


class _ActiveCandidates:
    """The candidates activated so far, BLOCK at a time, in `order` int64[n]; as float64, held up to a number of
    bytes."""

    def __init__(self, points: NDArray[np.float32], order: NDArray[np.int64], working_bytes: int) -> None:
        self._points, self._order, self._count = points, order, 0
        self._held = np.empty((min(len(points), working_bytes // (8 * max(1, points.shape[1]))), points.shape[1]))

    def following(self) -> int | None:
        """The candidate that is activated next, None if all are active."""
        return int(self._order[self._count]) if self._count < len(self._order) else None

    def activate(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Activate the next candidates and return them: int64[m], and their points float64[m, D]."""
        start, self._count = self._count, min(self._count + BLOCK, len(self._order))
        members = self._order[start : self._count]
        vectors = self._points[members].astype(np.float64)
        room = self._held[start : self._count]
        room[:] = vectors[: len(room)]
        return members, vectors

    def blocks(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """All active candidates and their points, at most ROWS at a time."""
        held = min(self._count, len(self._held))
        for start in range(0, held, ROWS):
            part = slice(start, min(start + ROWS, held))
            yield self._order[part], self._held[part]
        for start in range(held, self._count, ROWS):
            members = self._order[start : min(start + ROWS, self._count)]
            yield members, self._points[members].astype(np.float64)


def _upper_bounds(points: NDArray[np.float32], centers: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32[n]: no less than the squared distance of each point to its nearest center; infinite without centers.

    ‖x − c‖² = ‖x‖² + ‖c‖² − 2⟨x, c⟩ by matrix products. Their rounding is at most (D + 5)·(‖x‖² + ‖c‖²)·ε/2 (Higham
    2002, Sec. 3.1), which lengthening the squared norms by the factor 1 + (D + 8)·ε makes up for.
    """
    limits = np.finfo(np.float32)
    slack = 1 + (points.shape[1] + 8) * float(limits.eps)
    lengths = (slack * _squared_norms(centers)).astype(np.float32)
    nearest = np.full(len(points), np.inf, dtype=np.float32)
    for start in range(0, len(points), BLOCK):
        block = slice(start, start + BLOCK)
        minus_twice = -2 * points[block]
        for first in range(0, len(centers), CHUNK):
            chunk = slice(first, first + CHUNK)
            products = minus_twice @ centers[chunk].T
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
