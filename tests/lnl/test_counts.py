from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from alc_tui.lnl.counts import clean_count, exact, forget_rate, keep_count, mix_counts
from alc_tui.model.batches import in_batches

DECIMALS = [number / 1000 for number in range(0, 1000, 7)] + [0.1, 0.29, 0.57, 0.58, 0.8, 0.999]


def test_the_forget_rate_rises_in_equal_steps_to_tau_at_the_last_gradual_epoch_and_stays() -> None:
    rates = [forget_rate(0.5, epoch, 10) for epoch in range(12)]
    assert rates == [Fraction(epoch, 18) for epoch in range(10)] + [Fraction(1, 2)] * 2


@pytest.mark.parametrize("gradual", [0, 1])
def test_with_nothing_gradual_the_forget_rate_is_tau_at_once(gradual: int) -> None:
    assert [forget_rate(0.4, epoch, gradual) for epoch in (0, 1, 7)] == [Fraction(2, 5)] * 3


def test_two_gradual_epochs_go_from_nothing_to_tau() -> None:
    assert [forget_rate(0.3, epoch, 2) for epoch in range(3)] == [0, Fraction(3, 10), Fraction(3, 10)]


def test_a_rate_is_the_decimal_it_is_written_as() -> None:
    assert exact(0.8) == Fraction(4, 5)
    assert exact(1e-05) == Fraction(1, 100_000)
    assert exact(0) == 0


def test_a_fifth_of_250_is_50_where_binary_floats_say_49() -> None:
    assert int((1 - 0.8) * 250) == 49
    assert keep_count(250, exact(0.8)) == 50


@pytest.mark.parametrize("size", [1, 7, 100, 250, 256, 17_731])
def test_what_is_kept_is_what_decimal_arithmetic_keeps(size: int) -> None:
    for rate in DECIMALS:
        assert keep_count(size, exact(rate)) == int((1 - Decimal(str(rate))) * size), rate


def test_what_is_kept_in_the_gradual_epochs_is_rounded_down() -> None:
    kept = [keep_count(256, forget_rate(0.5, epoch, 10)) for epoch in range(10)]
    assert kept == [256, 241, 227, 213, 199, 184, 170, 156, 142, 128]


@pytest.mark.parametrize("keep", [0, 1, 5, 50, 127, 128, 8865])
def test_the_two_counts_add_up_and_vog_gets_its_share_rounded_down(keep: int) -> None:
    for ratio in [*DECIMALS, 1.0]:
        by_loss, by_vog = mix_counts(keep, ratio)
        assert by_loss + by_vog == keep
        assert by_vog == int(Decimal(str(ratio)) * keep), ratio


@pytest.mark.parametrize(
    ("keep", "ratio", "counts"),
    [(128, 0.2, (103, 25)), (128, 0.0, (128, 0)), (128, 1.0, (0, 128)), (100, 0.29, (71, 29)), (3, 0.5, (2, 1))],
)
def test_the_two_counts_by_hand(keep: int, ratio: float, counts: tuple[int, int]) -> None:
    assert mix_counts(keep, ratio) == counts


@pytest.mark.parametrize(
    ("samples", "batch_size", "tau", "batch_by_batch", "at_once"),
    [
        (1000, 250, 0.8, 200, 200),
        (22, 8, 0.5, 4 + 4 + 3, 11),
        (22, 8, 0.3, 5 + 5 + 4, 15),
        (17, 8, 0.5, 4 + 4, 8),
        (9, 8, 0.5, 4, 4),
        (1, 8, 0.5, 0, 0),
        (1, 8, 0.0, 1, 1),
        (17_731, 256, 0.5, 69 * 128 + 33, 8865),
        (0, 8, 0.5, 0, 0),
    ],
)
def test_the_size_of_the_clean_set_is_known_beforehand(
    samples: int, batch_size: int, tau: float, batch_by_batch: int, at_once: int
) -> None:
    assert clean_count(samples, batch_size, exact(tau), "last_epoch") == batch_by_batch
    assert clean_count(samples, batch_size, exact(tau), "global") == at_once


def test_the_clean_set_is_counted_over_the_batches_that_the_loops_make() -> None:
    for samples in range(0, 40):
        for batch_size in (2, 3, 8):
            batches = in_batches(np.arange(samples), batch_size)
            expected = sum(int(Decimal("0.7") * len(batch)) for batch in batches)
            assert clean_count(samples, batch_size, exact(0.3), "last_epoch") == expected, (samples, batch_size)
