"""Variation of scores due to the test set, estimated with the percentile bootstrap (Efron and Tibshirani 1993, Ch. 13).

Variation due to the training set, its noise, and the seed is not included. Images are
resampled, not lesions: where a test set has several images of one lesion, the intervals are too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES, RESAMPLES_OF_CHANGE, RESAMPLES_OF_ROUNDS = 1000, 4000, 400
"""More for a change, because its Bonferroni-corrected intervals reach farther into the tails; fewer for rounds, of
which only variances are estimated."""
ALPHA = 0.05
"""The share that a 95 % interval excludes, half of it on each side."""


@dataclass(frozen=True)
class Interval:
    """Lower and upper end of the 95% interval of macro-F1, float64[2], and of the F1 of each class, float64[C, 2].

    For scores, each class interval is at 95%; for a change, the class intervals are at 95% jointly.
    """

    macro_f1: NDArray[np.float64]
    f1: NDArray[np.float64]

    def as_dict(self, classes: Sequence[str]) -> dict[str, Any]:
        """`macro_f1`: [low, high], and `f1`: [low, high] by the name of the class."""
        return {"macro_f1": self.macro_f1.tolist(), "f1": dict(zip(classes, self.f1.tolist(), strict=True))}


def score_interval(
    truth: NDArray[np.int64], predicted: NDArray[np.int64], classes: int, rng: np.random.Generator
) -> Interval:
    """The interval of the scores of predicted classes int[n] on a test set with truth int[n], n ≥ 1; in [0, 1]."""
    (true, guess), counts = _resampled((truth, predicted), RESAMPLES, rng)
    return _interval(_f1(true, guess, counts, classes), ALPHA)


def change_interval(
    truth: NDArray[np.int64],
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    classes: int,
    rng: np.random.Generator,
) -> Interval:
    """The interval of the scores of `after` minus those of `before`, in [−1, 1]; int[n] each, n ≥ 1.

    Paired: both are scored on the same resampled test sets, so shared variation cancels out. The intervals of the
    classes are simultaneous (Bonferroni, over all C): if nothing has changed, all of them contain 0 in about 19 of 20
    rounds. The interval of macro-F1 is a separate 95% interval.
    """
    (true, first, second), counts = _resampled((truth, before, after), RESAMPLES_OF_CHANGE, rng)
    return _interval(_f1(true, second, counts, classes) - _f1(true, first, counts, classes), ALPHA / classes)


def resampled_rounds(
    truth: NDArray[np.int64], predicted: Sequence[NDArray[np.int64]], classes: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Macro-F1 of the predicted classes of k rounds, int[n] each, on R resampled test sets, float64[R, k].

    Paired, as in `change_interval`.
    """
    (true, *guesses), counts = _resampled((truth, *predicted), RESAMPLES_OF_ROUNDS, rng)
    return np.stack([_f1(true, guess, counts, classes).mean(1) for guess in guesses], axis=1)


def _resampled(
    columns: tuple[NDArray[np.int64], ...], resamples: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The k distinct rows of the columns, int64[columns, k], and how often each is in each resample, float64[R, k].

    Drawing n of n samples with replacement is one draw from a multinomial over the distinct rows, because F1 depends
    only on a sample's row.
    """
    rows, members = np.unique(np.stack(columns, axis=1), axis=0, return_counts=True)
    total = members.sum()
    return rows.T, rng.multinomial(total, members / total, size=resamples).astype(np.float64)


def _f1(
    true: NDArray[np.int64], predicted: NDArray[np.int64], counts: NDArray[np.float64], classes: int
) -> NDArray[np.float64]:
    """F1 of each class in each resample, float64[R, C]; 0 for a class that is neither true nor predicted for any
    sample."""
    of_class = np.arange(classes)
    is_true, is_predicted = true[:, None] == of_class, predicted[:, None] == of_class
    hits = counts @ (is_true & is_predicted)
    either = counts @ (is_true.astype(np.float64) + is_predicted)
    f1: NDArray[np.float64] = 2 * hits / np.maximum(either, 1)
    return f1


def _interval(scores: NDArray[np.float64], outside_of_class: float) -> Interval:
    """scores: float64[R, C]. outside_of_class: the share that the interval of each class excludes."""
    return Interval(_ends(scores.mean(1), ALPHA), _ends(scores, outside_of_class).T)


def _ends(values: NDArray[np.float64], outside: float) -> NDArray[np.float64]:
    """Low and high end over the resamples, float64[2, …]; values: float64[R, …]."""
    return np.quantile(values, (outside / 2, 1 - outside / 2), axis=0)
