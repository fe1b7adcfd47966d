from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from alc_tui.session.forecast.counts import CountForecast, Tally, forecast_count


def ends(size: int, a: float, b: float) -> tuple[int, int]:
    """The 10 % and 90 % quantiles of a beta-binomial count, by scipy."""
    low, high = stats.betabinom(size, a, b).ppf([0.1, 0.9])
    return int(low), int(high)


def test_without_rounds_the_prior_counts_as_sixteen_samples() -> None:
    made = forecast_count(100, 0.75, [])
    assert [made.size, made.mean] == pytest.approx([100, 75])
    assert (made.low, made.high) == ends(100, 12, 4)


def test_a_small_round_counts_in_full_and_the_one_before_half() -> None:
    made = forecast_count(30, 0.5, [Tally(20, 2), Tally(10, 9)])
    a, b = 8 + 0.5 * 2 + 9, 8 + 0.5 * 18 + 1
    assert made.mean == pytest.approx(30 * a / (a + b))
    assert (made.low, made.high) == ends(30, a, b)


def test_a_large_round_counts_as_forty_samples() -> None:
    made = forecast_count(500, 0.5, [Tally(400, 300)])
    assert made.mean == pytest.approx(500 * (8 + 30) / (16 + 40))
    assert (made.low, made.high) == ends(500, 8 + 30, 8 + 10)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_that_is_certain_leaves_one_count(share: float) -> None:
    count = int(20 * share)
    assert forecast_count(20, share, [Tally(20, count)]) == CountForecast(20, 20 * share, count, count)


def test_a_round_in_which_nothing_was_shown_says_nothing() -> None:
    assert forecast_count(20, 0.3, [Tally(0, 0)]) == forecast_count(20, 0.3, [])


def test_intervals_hold_at_least_four_fifths_of_what_a_steady_share_brings() -> None:
    rng = np.random.default_rng(0)
    held = []
    for share in rng.uniform(0.1, 0.9, 400):
        *past, after = (Tally(40, int(rng.binomial(40, share))) for _ in range(4))
        made = forecast_count(40, share, past)
        held.append(made.low <= after.count <= made.high)
    assert np.mean(held) >= 0.8
