"""What several seeds say together: curves as one number, means, paired differences and what they can support.

Pure functions on plain numbers. Knows no session, no file and no table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
LEVEL = 0.95
"""Of the bootstrap intervals; a p below 1 − LEVEL counts as a difference."""
DECIMALS = 10
"""Scores are compared to so many decimals: what differs less differs by rounding only."""

TOO_FEW, NOT_SHOWN = "too few seeds", "not shown"

Curve = Sequence[tuple[float, float]]
"""(labels decided, score) of each round, in order."""


@dataclass(frozen=True)
class Paired:
    """How one method differs from another over the seeds that both have.

    n: pairs. mean: of the differences. interval: low and high end of the bootstrap interval of the mean, None for
    fewer than two pairs. p: two-sided, of the exact Wilcoxon signed-rank test.
    """

    n: int
    mean: float
    interval: tuple[float, float] | None
    p: float


def aubc(curve: Curve) -> float | None:
    """Area under the budget curve by trapezoids, divided by its span of labels: the mean score over the budget.

    In the score's unit. None where the curve spans no labels. Raises ValueError if the labels fall.
    """
    _check(curve)
    if not curve or curve[-1][0] == curve[0][0]:
        return None
    area = math.fsum((right[0] - left[0]) * (left[1] + right[1]) / 2 for left, right in pairwise(curve))
    return area / (curve[-1][0] - curve[0][0])


def labels_to_reach(curve: Curve, target: float) -> float | None:
    """The labels of the first round that was measured at `target` or above; None if none was.

    Not interpolated: between two rounds nothing was measured. Raises ValueError if the labels fall.
    """
    _check(curve)
    return next((labels for labels, score in curve if score >= target), None)


def mean_std(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and standard deviation (n − 1 in the divisor) of at least one value; no deviation of a single one."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None


def paired(first: Mapping[int, float], second: Mapping[int, float], rng: np.random.Generator) -> Paired | None:
    """How `first` differs from `second` (first − second), values by seed; None if they have no seed in common.

    rng: draws the bootstrap's resamples.
    """
    seeds = sorted(first.keys() & second.keys())
    if not seeds:
        return None
    differences = np.array([first[seed] - second[seed] for seed in seeds])
    interval = bootstrap_interval(differences, rng) if len(seeds) > 1 else None
    return Paired(len(seeds), float(differences.mean()), interval, wilcoxon(differences))


def bootstrap_interval(values: NDArray[np.float64], rng: np.random.Generator) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of float64[n], n ≥ 2 (Efron and Tibshirani 1993, §13.3).

    The LEVEL's quantiles of the means of RESAMPLES samples of n, drawn with replacement; too narrow for small n.
    """
    drawn = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.quantile(drawn, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)


def wilcoxon(differences: NDArray[np.float64]) -> float:
    """Two-sided p of the Wilcoxon signed-rank test of float64[n], exact for any n, with ties too; 0 < p ≤ 1.

    Zeros are dropped, as Wilcoxon did; where nothing is left, p is 1. Equal sizes share the mean of their ranks, and p
    is the share of the 2^n sign patterns of these very ranks whose W⁺ is at least as far from its mean. (scipy's
    `method="exact"` is for ranks without ties: of 1, 1, 2, −1 it gives 0.375 where the patterns give 0.5.)
    """
    differences = np.round(differences, DECIMALS)
    differences = differences[differences != 0]
    _, place, sizes = np.unique(np.abs(differences), return_inverse=True, return_counts=True)
    doubled = (2 * sizes.cumsum() - sizes + 1)[place]  # twice the ranks: whole numbers
    patterns = [1]  # how many sign patterns give W⁺ = position / 2
    for rank in doubled.tolist():
        longer = patterns + [0] * rank
        for total, count in enumerate(patterns):
            longer[total + rank] += count
        patterns = longer
    observed = int(doubled[differences > 0].sum())
    tail = sum(patterns[: min(observed, len(patterns) - 1 - observed) + 1])
    return min(1.0, 2 * tail / (1 << len(differences)))


def smallest_p(n: int) -> float:
    """The smallest two-sided p that the exact test can give for n ≥ 1 pairs: all of one sign."""
    return 2 / (1 << n)


def verdict(n: int, p: float, interval: tuple[float, float] | None) -> str:
    """What `n` pairs with this p and this bootstrap interval of their mean difference support.

    `higher`, `lower`, `not shown` (which does not show that there is none), `unclear` where test and interval disagree,
    or `too few seeds`.
    """
    if too_few(n) or interval is None:
        return TOO_FEW
    low, high = interval
    if p < 1 - LEVEL and (low > 0 or high < 0):
        return "higher" if low > 0 else "lower"
    return NOT_SHOWN if p >= 1 - LEVEL and low <= 0 <= high else "unclear"


def too_few(n: int) -> str | None:
    """Why `n` pairs cannot support any claim, in a sentence; None where they can."""
    if smallest_p(n) < 1 - LEVEL:
        return None
    seeds = f"{n} seed" if n == 1 else f"{n} seeds"
    return (
        f"{seeds} cannot support a claim: the smallest two-sided p of an exact test is then {smallest_p(n):.2g}; "
        f"run at least {_seeds_needed()}."
    )


def _seeds_needed() -> int:
    return next(n for n in range(1, 100) if smallest_p(n) < 1 - LEVEL)


def _check(curve: Curve) -> None:
    if any(right[0] < left[0] for left, right in pairwise(curve)):
        raise ValueError("the labels of a curve never fall")
