from __future__ import annotations

import numpy as np
import pytest

from alc_tui.data.imbalance import long_tail, profile
from alc_tui.errors import UsageError


def test_the_profile_is_the_papers() -> None:
    sizes = profile(8763, 100, 9)
    assert sizes == [8763, 4927, 2771, 1558, 876, 492, 277, 155, 87]
    assert sum(sizes) == 19_906


@pytest.mark.parametrize(
    ("largest", "ratio", "classes", "sizes"),
    [
        (1000, 1000, 4, [1000, 100, 10, 1]),  # 1000^(−1/3) is a little off 1/10 in binary
        (125, 125, 4, [125, 25, 5, 1]),
        (3**7, 3**7, 8, [3**7, 3**6, 3**5, 3**4, 3**3, 3**2, 3, 1]),
        (10, 2.5, 2, [10, 4]),
        (7, 1, 3, [7, 7, 7]),
        (50, 100, 3, [50, 5, 0]),
        (42, 9, 1, [42]),
    ],
)
def test_sizes_that_come_out_even_do_not_fall_one_short(
    largest: int, ratio: float, classes: int, sizes: list[int]
) -> None:
    assert profile(largest, ratio, classes) == sizes


@pytest.mark.parametrize("ratio", [0.5, 0, -1, float("nan"), float("inf")])
def test_a_ratio_below_one_is_refused(ratio: float) -> None:
    with pytest.raises(UsageError, match=f"ratio {ratio} is out of range"):
        profile(10, ratio, 3)


def test_a_long_tail_starts_from_the_smallest_class_and_keeps_the_order_of_the_classes(
    rng: np.random.Generator,
) -> None:
    labels = rng.permutation(np.repeat(np.arange(3), [500, 100, 300]))
    kept = long_tail(labels, 3, 25, rng)
    assert np.bincount(labels[kept]).tolist() == [100, 20, 4]
    assert np.array_equal(kept, np.unique(kept))


def test_the_tail_of_the_real_class_sizes_has_the_papers_sizes(rng: np.random.Generator) -> None:
    labels = np.repeat(np.arange(9), [10407, 10566, 11512, 11557, 8896, 13536, 8763, 10446, 14317])
    counts = np.bincount(labels[long_tail(labels, 9, 100, rng)])
    assert counts.tolist() == [8763, 4927, 2771, 1558, 876, 492, 277, 155, 87]


def test_another_seed_keeps_other_samples() -> None:
    labels = np.zeros(1000, dtype=np.int64)
    labels[:100] = 1
    first, second = (long_tail(labels, 2, 2, np.random.default_rng(seed)) for seed in (1, 2))
    assert not np.array_equal(first, second)
