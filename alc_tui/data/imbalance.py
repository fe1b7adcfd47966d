"""Long-tailed subsets: how many samples each class keeps, and which ones. Depends only on labels."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from alc_tui.errors import UsageError


def profile(largest: int, ratio: float, classes: int) -> list[int]:
    """Samples per class of the exponential profile: N_c = ⌊N0 · r^(−c/(k−1))⌋, c = 0, …, k − 1.

    largest: N0 ≥ 0, samples of the first class. ratio: r ≥ 1, first class to last. classes: k ≥ 1.
    Raises UsageError for a ratio below 1. (The paper, section 3; Cao et al. 2019.)
    """
    if not ratio >= 1 or ratio == float("inf"):
        raise UsageError(f"The long-tail ratio {ratio} is out of range; specify a number of at least 1.")
    exact = Fraction(str(ratio))
    return [_floor_of_term(largest, exact, c, classes - 1) for c in range(classes)]


def long_tail(labels: NDArray[np.int64], classes: int, ratio: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Sorted positions of a random subset with the exponential profile, in the order of the classes.

    labels: int64[n] in [0, classes − 1]. N0 is the size of the smallest class, so that every class has enough samples.
    """
    sizes = np.bincount(labels, minlength=classes)
    targets = profile(int(sizes.min()), ratio, classes)
    selected = [rng.permutation(np.flatnonzero(labels == c))[: targets[c]] for c in range(classes)]
    return np.sort(np.concatenate(selected)).astype(np.int64)


def _floor_of_term(largest: int, ratio: Fraction, c: int, steps: int) -> int:
    """⌊N0 · r^(−c/steps)⌋ without rounding: n does not exceed the term if n^steps · r^c ≤ N0^steps."""
    if c == 0 or largest == 0:
        return largest
    limit = Fraction(largest) ** steps / ratio**c
    count = int(largest * float(ratio) ** (-c / steps)) + 1
    while count**steps > limit:
        count -= 1
    return count
