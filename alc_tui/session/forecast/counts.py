"""How many samples of the next queue will probably have an outcome, such as a changed label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COVERAGE = 0.8
"""The probability with which a forecast's interval should contain what then happens."""
PRIOR_SAMPLES = 16.0
"""The number of samples that the model's expectation counts as."""
ROUND_SAMPLES = 40.0
"""The largest number of samples that a round counts as: queues differ by more than chance."""
DISCOUNT = 0.5
"""What a round counts, relative to the round after it."""


@dataclass(frozen=True)
class Tally:
    """A finished round: `count` of the `size` samples shown had the outcome."""

    size: int
    count: int


@dataclass(frozen=True)
class CountForecast:
    """Of a queue of `size` samples, `mean` are expected to have the outcome; low, high: the 80 % interval."""

    size: int
    mean: float
    low: int
    high: int


def forecast_count(size: int, prior: float, past: Sequence[Tally]) -> CountForecast:
    """The forecast for a queue of `size` ≥ 1 samples. prior: the expected share without `past`, in [0, 1].
    past: the rounds so far, oldest first.

    The count is beta-binomial (Gelman et al. 2013, Section 2.4): the share has a beta distribution with the mean
    `prior` that counts as PRIOR_SAMPLES, updated with the rounds; a round counts as at most ROUND_SAMPLES samples, and
    the more recent one twice as much as the one before.
    """
    with_outcome, without = PRIOR_SAMPLES * prior, PRIOR_SAMPLES * (1 - prior)
    for age, tally in enumerate(reversed(past)):
        weight = DISCOUNT**age * min(1.0, ROUND_SAMPLES / max(tally.size, 1))
        with_outcome += weight * tally.count
        without += weight * (tally.size - tally.count)
    cumulative = np.cumsum(_beta_binomial(size, with_outcome, without))
    tail = (1 - COVERAGE) / 2
    low, high = np.searchsorted(cumulative, (tail, 1 - tail))
    return CountForecast(size, size * with_outcome / (with_outcome + without), int(low), min(int(high), size))


def _beta_binomial(size: int, a: float, b: float) -> NDArray[np.float64]:
    """P(count = k) for k = 0 … size, float64[size + 1]; a, b ≥ 0, not both 0."""
    if a <= 0 or b <= 0:
        certain = np.zeros(size + 1)
        certain[0 if a <= 0 else size] = 1
        return certain
    from scipy.special import betaln

    k = np.arange(size + 1)
    choices = -np.log(size + 1) - betaln(size - k + 1, k + 1)
    chances: NDArray[np.float64] = np.exp(choices + betaln(k + a, size - k + b) - betaln(a, b))
    return chances
