from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from alc_tui.session.forecast.trend import fit_trend

STEADY = np.tile([0.5, 0.5, 0.5, 0.5], (10, 1))
"""Four rounds that score the same on every resampled test set."""


def test_scores_on_a_line_go_on_along_it() -> None:
    made = fit_trend([0.30, 0.32, 0.34, 0.36], STEADY)
    assert [made.rounds, made.gain] == pytest.approx([4, 0.02])
    assert [made.gain_low, made.gain_high] == pytest.approx([0.02, 0.02])
    assert [made.next_low, made.next_high] == pytest.approx([0.38, 0.38])


def test_residuals_widen_the_intervals_as_in_a_regression() -> None:
    """Textbook regression, with one degree of freedom more for the change that the test set shows to be noise."""
    scores, x = [0.30, 0.36, 0.33, 0.39], np.arange(4)
    made = fit_trend(scores, STEADY)
    line = stats.linregress(x, scores)
    deviation = np.sqrt(((line.intercept + line.slope * x - scores) ** 2).sum() / 3)
    reach = stats.t(3).ppf(0.9)
    assert made.gain == pytest.approx(line.slope)
    assert made.gain_high - made.gain == pytest.approx(reach * line.stderr * np.sqrt(2 / 3))
    ahead = reach * deviation * np.sqrt(1 + 1 / 4 + (4 - 1.5) ** 2 / 5)
    level = line.intercept + 4 * line.slope
    assert [made.next_low, made.next_high] == pytest.approx([level - ahead, level + ahead])


def test_scores_on_a_line_are_uncertain_if_the_test_set_makes_changes_vary() -> None:
    """Changes of ±0.02 from round to round on resampled test sets, whose slopes are all 0: (−1, 1, 1, −1) · x = 0."""
    zigzag = 0.5 + np.outer([1, -1], [-0.01, 0.01, 0.01, -0.01])
    made = fit_trend([0.3, 0.3, 0.3, 0.3], zigzag)
    variance = (0.02**2 + 0.0**2 + 0.02**2) / 3 / 3  # the mean over three changes, three degrees of freedom
    assert made.gain_high == pytest.approx(stats.t(3).ppf(0.9) * np.sqrt(variance / 5))
    assert made.next_high == pytest.approx(0.3 + stats.t(3).ppf(0.9) * np.sqrt(variance * (1 + 1 / 4 + 2.5**2 / 5)))


def test_the_gain_is_uncertain_by_as_much_as_it_varies_between_test_sets() -> None:
    """Two test sets, on which the rounds gain 0.01 and 0.03 each."""
    rising = np.array([[0.1, 0.11, 0.12], [0.1, 0.13, 0.16]])
    made = fit_trend([0.2, 0.22, 0.24], rising)
    variance = 0.01**2 / 2  # of the changes 0.01 and 0.03, two degrees of freedom
    assert made.gain_high - made.gain == pytest.approx(stats.t(2).ppf(0.9) * np.sqrt(variance / 2 + 0.01**2))


def test_macro_f1_stays_within_its_range() -> None:
    made = fit_trend([0.1, 0.6, 0.9], np.tile([0.5, 0.5, 0.5], (4, 1)))
    assert made.next_high == 1.0
    assert fit_trend([0.5, 0.2, 0.01], np.tile([0.5, 0.5, 0.5], (4, 1))).next_low == 0.0
