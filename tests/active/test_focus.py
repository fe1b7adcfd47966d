"""A focus class has every other place of a queue."""

from __future__ import annotations

import numpy as np
import pytest

from alc_tui.active.focus import with_focus
from alc_tui.active.samplers import Ranking


def ranking(*order: int) -> Ranking:
    """Samples whose score is minus their number."""
    return Ranking(np.array(order, dtype=np.int64), -np.array(order, dtype=np.float64))


def test_every_other_place_goes_to_the_class_in_the_order_of_the_sampler() -> None:
    merged = with_focus(ranking(1, 2, 3, 4, 5, 6), ranking(10, 11, 12, 13), 6)
    assert merged.order.tolist() == [10, 1, 11, 2, 12, 3]
    assert merged.scores.tolist() == [-10.0, -1.0, -11.0, -2.0, -12.0, -3.0]
    assert merged.order.dtype == np.int64


def test_a_sample_that_both_rank_is_shown_once() -> None:
    assert with_focus(ranking(1, 2, 3, 4), ranking(2, 4), 4).order.tolist() == [2, 1, 4, 3]


@pytest.mark.parametrize(
    ("overall", "focus", "expected"),
    [((1, 2, 3, 4), (9,), [9, 1, 2, 3]), ((1,), (7, 8, 9), [7, 1, 8, 9]), ((1,), (1,), [1]), ((), (), [])],
)
def test_where_one_has_no_more_samples_the_other_goes_on(
    overall: tuple[int, ...], focus: tuple[int, ...], expected: list[int]
) -> None:
    assert with_focus(ranking(*overall), ranking(*focus), 4).order.tolist() == expected


@pytest.mark.parametrize("seed", range(20))
def test_the_class_has_at_least_half_and_never_less_than_the_sampler_gave_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    is_focus = rng.random(60) < rng.random()
    overall = Ranking(order := rng.permutation(60), -np.arange(60.0))
    focus = Ranking(order[is_focus[order]], -np.arange(60.0)[is_focus[order]])
    for count in (1, 7, 20, 60):
        merged = with_focus(overall, focus, count)
        assert len(merged.order) == len(set(merged.order.tolist())) == count
        found = int(is_focus[merged.order].sum())
        assert found >= min(-(-count // 2), int(is_focus.sum()))
        assert found >= int(is_focus[order[:count]].sum())
