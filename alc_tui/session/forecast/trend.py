"""The trend of macro-F1 over the last rounds, and the score after the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from alc_tui.session.forecast.counts import COVERAGE

WINDOW = 6
"""The number of rounds that the trend is fitted to."""
FEWEST = 3
"""The number of rounds that a trend needs."""


@dataclass(frozen=True)
class Trend:
    """The trend of macro-F1. gain: per round; gain_low, gain_high: its 80 % interval. rounds: the number of rounds it
    is fitted to. next_low, next_high: the 80 % interval of the macro-F1 that the next round will score on the same
    test set, in [0, 1]."""

    rounds: int
    gain: float
    gain_low: float
    gain_high: float
    next_low: float
    next_high: float


def fit_trend(scores: Sequence[float], resampled: NDArray[np.float64]) -> Trend:
    """The trend of `scores`, the macro-F1 of n ≥ 2 rounds, oldest first, by least squares.

    resampled: of the same rounds on R resampled test sets, float64[R, n] (see `intervals.resampled_rounds`).

    The variance of a score about the line is estimated from the residuals and, as one round more, from the variance of
    a change on the resampled test sets: half of it is due to each of the two scores, and training runs are taken to
    vary as much. The gain on other images of the same kind varies with the test set, too: by the variance of the slope
    on the resampled ones.
    """
    from scipy.special import stdtrit

    y, n = np.array(scores), len(scores)
    x = np.arange(n) - (n - 1) / 2
    spread = float((x**2).sum())
    slope = float((x * y).sum()) / spread
    residual = float(((y - y.mean() - slope * x) ** 2).sum())
    of_change = float(np.diff(resampled, axis=1).var(axis=0).mean())
    of_slope = float((resampled @ x / spread).var())
    variance = (residual + of_change) / (n - 1)
    reach = float(stdtrit(n - 1, (1 + COVERAGE) / 2))
    half = reach * sqrt(variance / spread + of_slope)
    ahead = float(x[-1]) + 1
    level, margin = float(y.mean()) + slope * ahead, reach * sqrt(variance * (1 + 1 / n + ahead**2 / spread))
    low, high = (min(max(level + side * margin, 0.0), 1.0) for side in (-1, 1))
    return Trend(n, slope, slope - half, slope + half, low, high)
