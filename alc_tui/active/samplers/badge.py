"""The BADGE sampler: k-means++ seeding on gradient embeddings (Ash et al. 2020, Alg. 1), which are never
materialized."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.samplers.pool import WORKING_BYTES, Pool, Ranking, required

BLOCK = 4096
"""How many candidates are converted to float64 at a time, where not all fit."""


def badge(pool: Pool, count: int, working_bytes: int = WORKING_BYTES) -> Ranking:
    """k-means++ seeding: candidates drawn with probability ∝ squared distance of their gradient to the nearest pick.

    The gradient is that of the cross-entropy with the predicted label ŷ with respect to the last layer's weights, g =
    (p − onehot(ŷ)) ⊗ h ∈ R^(C·D) (Ash et al. 2020, Sec. 3). The first pick is uniform, as in k-means++ (Arthur and
    Vassilvitskii 2007, Sec. 2.2), which the paper cites; the authors' code picks the g with the largest norm instead.
    Once every remaining candidate coincides with a pick, the rest follow in their order.

    The score is the distance to the nearest pick at the moment of the pick, of the first one to 0, in units of g, ≥ 0;
    scores are not necessarily decreasing. working_bytes: how much memory the features may take in float64; if they take
    more, they are converted again for each pick. Raises UsageError without `features` or `rng`.
    """
    features, rng = required(pool.features, "features", "badge"), required(pool.rng, "rng", "badge")
    gradients = Gradients(pool.probabilities, features, working_bytes)
    count = min(count, len(pool))
    picks, squares = np.empty(count, dtype=np.int64), np.zeros(count)
    nearest = np.full(len(pool), np.inf)
    weights = np.ones(len(pool))
    for place in range(count):
        if not weights.any():
            picks[place:] = np.setdiff1d(np.arange(len(weights)), picks[:place])[: count - place]
            break
        pick = _draw(weights, rng)
        picks[place] = pick
        squares[place] = nearest[pick] if place else gradients.squared_norms[pick]
        np.minimum(nearest, gradients.squared_distances(pick), out=nearest)
        nearest[pick] = 0
        weights = nearest
    return Ranking(picks, np.sqrt(squares))


class Gradients:
    """The gradient embeddings g = a ⊗ h of n samples, a = p − onehot(ŷ), held as their two factors.

    ⟨a⊗h, a'⊗h'⟩ = ⟨a, a'⟩·⟨h, h'⟩, so that a distance costs C + D products instead of C·D. p: float[n, C]; h:
    float[n, D]. In float64, because a small distance is the difference of two large numbers. working_bytes: see
    `badge`.
    """

    def __init__(self, p: NDArray[np.float32], h: NDArray[np.float32], working_bytes: int = WORKING_BYTES) -> None:
        self._a = p.astype(np.float64)
        self._a[np.arange(len(p)), p.argmax(1)] -= 1
        is_held = 8 * h.size <= working_bytes
        self._h: NDArray[np.floating] = h.astype(np.float64) if is_held else h
        self._rows = max(1, len(h)) if is_held else BLOCK
        squares = [np.einsum("nd,nd->n", rows, rows) for rows in self._blocks()]
        self.squared_norms: NDArray[np.float64] = (self._a**2).sum(1) * np.concatenate(squares)
        self._rounding = (h.shape[1] + p.shape[1] + 8) * np.finfo(np.float64).eps

    def squared_distances(self, other: int) -> NDArray[np.float64]:
        """‖g − g_other‖² of all, float64[n]; differences that rounding alone can cause count as 0."""
        norms = self.squared_norms + self.squared_norms[other]
        products = np.concatenate([rows @ self._h[other].astype(np.float64) for rows in self._blocks()])
        squares: NDArray[np.float64] = norms - 2 * (self._a @ self._a[other]) * products
        squares[squares <= self._rounding * norms] = 0
        return squares

    def _blocks(self) -> Iterator[NDArray[np.float64]]:
        """h in float64, as one block if it is held."""
        for start in range(0, max(1, len(self._h)), self._rows):
            yield self._h[start : start + self._rows].astype(np.float64, copy=False)


def _draw(weights: NDArray[np.float64], rng: np.random.Generator) -> int:
    """A position drawn with probability ∝ weight, never one of weight 0."""
    reached = np.cumsum(weights)
    return int(np.searchsorted(reached, rng.random() * reached[-1], side="right"))
