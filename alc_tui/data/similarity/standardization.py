"""Standardized features and their projection on a subspace, in which all samples can be compared quickly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SUBSPACE = 128
"""Dimensions of the subspace."""
_ROWS = 1024
"""How many samples are converted at a time."""
_SAMPLE = 5_000
"""At most so many samples determine the subspace."""
_OVERSAMPLING, _ITERATIONS = 16, 3
_LEAST_SCALE = 0.01
"""The smallest standard deviation that counts, relative to the typical one: a dimension that hardly varies must not
dominate."""


class StandardizedFeatures:
    """Features float32[n, D], n ≥ 1, with each dimension standardized to mean 0 and variance 1.

    projected: float32[n, min(D, SUBSPACE)], their projection on about the subspace in which they vary most; by an
    orthonormal basis, so that samples are never farther apart in it than they are. Everything else is computed from the
    features in blocks: besides them, memory holds 4 n min(D, SUBSPACE) bytes, 0.5 GB for 10⁶ samples.
    """

    def __init__(self, features: NDArray[np.float32]) -> None:
        self._features = features
        mean, variance = _moments(features)
        scale = np.maximum(np.sqrt(variance), _LEAST_SCALE * np.sqrt(variance.mean()))
        self._mean, self._scale = mean.astype(np.float32), np.where(scale > 0, scale, 1.0).astype(np.float32)
        basis = self._basis()
        self.projected = np.empty((len(features), basis.shape[1]), dtype=np.float32)
        self._lengths = np.empty(len(features), dtype=np.float32)
        for start in range(0, len(features), _ROWS):
            block = np.arange(start, min(start + _ROWS, len(features)))
            rows = self._rows(block)
            self.projected[block], self._lengths[block] = rows @ basis, np.linalg.norm(rows, axis=1)
        self._lengths[self._lengths == 0] = 1

    def __len__(self) -> int:
        return len(self._features)

    def directions(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """The samples at `positions` int64[m], scaled to length 1 (zeros stay zeros): float32[m, D]."""
        return self._rows(positions) / self._lengths[positions, None]

    @property
    def projected_directions(self) -> NDArray[np.float32]:
        """The projections of all samples scaled to length 1, float32[n, min(D, SUBSPACE)]."""
        return self.projected / self._lengths[:, None]

    def _rows(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        return (self._features[positions] - self._mean) / self._scale

    def _basis(self) -> NDArray[np.float32]:
        """An orthonormal basis float32[D, min(D, SUBSPACE)], by subspace iteration from a random start (Halko,
        Martinsson, Tropp, SIAM Review 53, 2011, algorithm 4.4)."""
        n, dimensions = self._features.shape
        if dimensions <= SUBSPACE:
            return np.eye(dimensions, dtype=np.float32)
        rng = np.random.default_rng(0)
        sample = np.sort(rng.permutation(n)[:_SAMPLE])
        basis = rng.standard_normal((dimensions, min(SUBSPACE + _OVERSAMPLING, dimensions)), dtype=np.float32)
        for _ in range(_ITERATIONS):
            image = np.zeros_like(basis)
            for start in range(0, len(sample), _ROWS):
                rows = self._rows(sample[start : start + _ROWS])
                image += rows.T @ (rows @ basis)
            basis = np.linalg.qr(image)[0]
        return basis[:, :SUBSPACE]


class Distances:
    """Distances between points float32[n, d]. Memory: 8 n (d + 2) bytes."""

    def __init__(self, points: NDArray[np.float32]) -> None:
        # −‖a − b‖² / 2 = [a, 1, −‖a‖² / 2] · [b, −‖b‖² / 2, 1]
        halves, ones = -np.square(points).sum(1, keepdims=True) / 2, np.ones((len(points), 1), dtype=np.float32)
        self._left, self._right = np.hstack((points, ones, halves)), np.hstack((points, halves, ones))

    def __len__(self) -> int:
        return len(self._left)

    def closeness(self, rows: slice, columns: slice | NDArray[np.int64]) -> NDArray[np.float32]:
        """Minus half the squared distance of each of a points to each of b others, float32[a, b], up to rounding."""
        products: NDArray[np.float32] = self._left[rows] @ self._right[columns].T
        return products


def _moments(features: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and variance float64[D] of each dimension, in blocks."""
    blocks = [features[start : start + _ROWS] for start in range(0, len(features), _ROWS)]
    mean = sum(block.sum(0, dtype=np.float64) for block in blocks) / len(features)
    variance = sum(((block - mean) ** 2).sum(0) for block in blocks) / len(features)
    return np.asarray(mean), np.asarray(variance)
