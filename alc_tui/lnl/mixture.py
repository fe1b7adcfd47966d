"""Clean probabilities from losses, with a two-component Gaussian mixture (DivideMix, Sec. 3.1)."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

ITERATIONS = 10
TOLERANCE = 1e-2
MIN_VARIANCE = 5e-4
"""From the authors' code, because the paper does not specify them; the variance applies to losses scaled to [0, 1]."""


def clean_probability(losses: NDArray[np.float32]) -> NDArray[np.float64]:
    """w_i = p(g | ℓ_i), where g is the component of smaller mean of a two-component mixture fitted to all losses.

    losses: float[n], n ≥ 1, finite. Returns float64[n] in [0, 1]; all 1 if all losses are equal. Nothing is drawn at
    random: the fit starts from the optimal split of the sorted losses into two groups.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    exact = losses.astype(np.float64)
    low, high = exact.min(), exact.max()
    if low == high:
        return np.ones(len(exact))
    scaled = (exact - low) / (high - low)
    threshold = best_split(scaled)
    halves = [scaled[scaled <= threshold], scaled[scaled > threshold]]
    mixture = GaussianMixture(
        n_components=2,
        covariance_type="spherical",
        max_iter=ITERATIONS,
        tol=TOLERANCE,
        reg_covar=MIN_VARIANCE,
        weights_init=np.array([len(half) / len(scaled) for half in halves]),
        means_init=np.array([[half.mean()] for half in halves]),
        precisions_init=np.array([1 / (half.var() + MIN_VARIANCE) for half in halves]),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(scaled[:, None])
    posterior: NDArray[np.float64] = mixture.predict_proba(scaled[:, None])[:, mixture.means_.argmin()]
    return posterior


def best_split(values: NDArray[np.float64]) -> float:
    """The largest value of the lower group when the sorted values are split into two groups with the least sum of
    squared deviations.

    values: float64[n], not all equal. This is 2-means in one dimension, solved exactly.
    """
    ordered = np.sort(values)
    below = np.arange(1, len(ordered))
    sums = ordered.cumsum()
    lower, upper = sums[:-1], sums[-1] - sums[:-1]
    between = lower**2 / below + upper**2 / (len(ordered) - below)
    between[ordered[1:] == ordered[:-1]] = -np.inf
    return float(ordered[between.argmax()])
