"""Statistics over seeds: curve summaries, means, paired differences, and the conclusions they support.

Pure functions of numbers, independent of sessions, files, and tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
LEVEL = 0.95
"""Level of the bootstrap intervals; p < 1 − LEVEL is considered significant."""
DECIMALS = 10
"""Scores that agree to this many decimals are considered equal."""
EXACT_PAIRS = 16
"""With ties among more pairs than this, p is estimated from 2^EXACT_PAIRS random sign patterns."""

TOO_FEW, NOT_SHOWN = "too few seeds", "not shown"

Curve = Sequence[tuple[float, float]]
"""(labels decided, score) of each round, in order."""


@dataclass(frozen=True)
class PairedDifference:
    """The difference between two methods over their common seeds.

    n: pairs. mean: of the differences. interval: low and high end of the bootstrap interval of the mean, None for
    fewer than two pairs. p: two-sided, of the Wilcoxon signed-rank test.
    """

    n: int
    mean: float
    interval: tuple[float, float] | None
    p: float


def aubc(curve: Curve) -> float | None:
    """Area under the budget curve by trapezoids, divided by its range of labels, that is, the mean score over the
    budget. None if the range is empty. Raises ValueError if the number of labels decreases.
    """
    _check(curve)
    if not curve or curve[-1][0] == curve[0][0]:
        return None
    labels, scores = np.array(curve, dtype=np.float64).T
    return float(np.trapezoid(scores, labels) / (labels[-1] - labels[0]))


def labels_to_reach(curve: Curve, target: float) -> float | None:
    """The labels of the first round whose score is at least `target`; None if there is none.

    Not interpolated, because nothing was measured between rounds. Raises ValueError if the number of labels decreases.
    """
    _check(curve)
    return next((labels for labels, score in curve if score >= target), None)


def mean_std(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and standard deviation (divisor n − 1) of n ≥ 1 values; the deviation of a single value is None."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None


def paired_difference(
    first: Mapping[int, float], second: Mapping[int, float], rng: np.random.Generator
) -> PairedDifference | None:
    """How `first` differs from `second` (first − second), values by seed; None if they have no seed in common.

    rng: draws the bootstrap's resamples.
    """
    seeds = sorted(first.keys() & second.keys())
    if not seeds:
        return None
    differences = np.array([first[seed] - second[seed] for seed in seeds])
    interval = bootstrap_interval(differences, rng) if len(seeds) > 1 else None
    return PairedDifference(len(seeds), float(differences.mean()), interval, wilcoxon(differences))


def bootstrap_interval(values: NDArray[np.float64], rng: np.random.Generator) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of float64[n], n ≥ 2 (Efron and Tibshirani 1993, §13.3).

    The LEVEL's quantiles of the means of RESAMPLES samples of n, drawn with replacement; too narrow for small n.
    """
    means = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.quantile(means, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)


def wilcoxon(differences: NDArray[np.float64]) -> float:
    """Two-sided p of the Wilcoxon signed-rank test of float64[n]; 0 < p ≤ 1.

    Zeros are dropped, as in Wilcoxon (1945); if nothing remains, p is 1. Equal magnitudes share the mean of their
    ranks, and p is twice the smaller tail of W⁺ − W⁻ over the 2^n sign patterns of these ranks, at most 1: exact for
    any n without ties, and for n ≤ EXACT_PAIRS with ties.
    """
    # Loading scipy.stats takes longer than everything else in a report of a few seeds.
    from scipy import stats

    differences = np.round(differences, DECIMALS)
    differences = differences[differences != 0]
    magnitudes = np.abs(differences)
    if not len(differences):
        return 1.0
    if len(np.unique(magnitudes)) == len(magnitudes):
        return float(stats.wilcoxon(differences, method="exact").pvalue)
    # `wilcoxon(method="exact")` assumes that there are no ties: of 1, 1, 2, −1 it gives 0.375 instead of 0.5.
    signed_ranks = np.sign(differences) * stats.rankdata(magnitudes)
    patterns = 2 ** min(len(signed_ranks), EXACT_PAIRS)
    test = stats.permutation_test(
        (signed_ranks,), np.sum, permutation_type="samples", vectorized=True, n_resamples=patterns, rng=0
    )
    return float(test.pvalue)


def smallest_p(n: int) -> float:
    """The smallest two-sided p that the exact test can produce for n ≥ 1 pairs: if all differences have the same
    sign."""
    return 2 / (1 << n)


def verdict(n: int, p: float, interval: tuple[float, float] | None) -> str:
    """The conclusion supported by `n` pairs with this p and this bootstrap interval of their mean difference.

    `higher`, `lower`, `not shown` (which does not prove equality), `unclear` if test and interval disagree, or
    `too few seeds`.
    """
    if too_few(n) or interval is None:
        return TOO_FEW
    low, high = interval
    if p < 1 - LEVEL and (low > 0 or high < 0):
        return "higher" if low > 0 else "lower"
    return NOT_SHOWN if p >= 1 - LEVEL and low <= 0 <= high else "unclear"


def too_few(n: int) -> str | None:
    """A message explaining why `n` pairs cannot support any claim; None if they can."""
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
        raise ValueError("the number of labels decreases along the curve")
