from __future__ import annotations

import itertools
import math
import statistics as plain

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import auc

from alc_tui.bench.statistics import (
    aubc,
    bootstrap_interval,
    labels_to_reach,
    mean_std,
    paired_difference,
    smallest_p,
    too_few,
    verdict,
    wilcoxon,
)

CURVE = [(0, 0.5), (10, 0.7), (40, 0.6), (50, 0.9)]


def by_enumeration(differences: list[float]) -> float:
    """p of the signed-rank test from all 2^n sign patterns, with ranks counted by hand."""
    sizes = [abs(d) for d in differences if d != 0]
    ranks = [sum(a < b for a in sizes) + (sum(a == b for a in sizes) + 1) / 2 for b in sizes]
    middle = sum(ranks) / 2
    observed = abs(sum(r for r, d in zip(ranks, [d for d in differences if d != 0], strict=True) if d > 0) - middle)
    patterns = list(itertools.product((0, 1), repeat=len(ranks)))
    extreme = sum(
        abs(sum(r for r, sign in zip(ranks, signs, strict=True) if sign) - middle) >= observed for signs in patterns
    )
    return extreme / len(patterns)


def test_the_area_under_the_budget_curve_is_the_mean_score_over_the_budget() -> None:
    # 10·0.6 + 30·0.65 + 10·0.75 = 33 over 50 labels.
    assert aubc(CURVE) == pytest.approx(0.66, abs=1e-15)
    assert aubc([(20, 0.3), (25, 0.3), (90, 0.3)]) == pytest.approx(0.3)
    assert aubc([(100 + labels, score) for labels, score in CURVE]) == pytest.approx(0.66)


def test_the_area_agrees_with_scikit_learn_and_with_many_small_steps() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        labels, scores = np.cumsum(rng.integers(1, 90, 9)), rng.random(9)
        area = aubc(list(zip(labels.tolist(), scores.tolist(), strict=True)))
        assert area == pytest.approx(auc(labels, scores) / (labels[-1] - labels[0]))
        steps = np.linspace(labels[0], labels[-1], 200_001)
        assert area == pytest.approx(np.interp(steps, labels, scores).mean(), abs=1e-4)


def test_a_round_without_labels_adds_no_area() -> None:
    assert aubc([(0, 0.2), (10, 0.4), (10, 0.9), (20, 0.9)]) == pytest.approx((10 * 0.3 + 10 * 0.9) / 20)


@pytest.mark.parametrize("curve", [[], [(0, 0.5)], [(7, 0.5), (7, 0.6)]])
def test_a_curve_that_spans_no_labels_has_no_area(curve: list[tuple[float, float]]) -> None:
    assert aubc(curve) is None


def test_a_curve_of_decreasing_labels_is_refused() -> None:
    with pytest.raises(ValueError, match="number of labels decreases"):
        aubc([(0, 0.1), (10, 0.2), (5, 0.3)])
    with pytest.raises(ValueError, match="number of labels decreases"):
        labels_to_reach([(10, 0.2), (5, 0.3)], 0.1)


@pytest.mark.parametrize(("target", "labels"), [(0.5, 0), (0.51, 10), (0.7, 10), (0.65, 10), (0.71, 50), (0.91, None)])
def test_a_target_is_reached_in_the_first_round_with_at_least_that_score(target: float, labels: float | None) -> None:
    assert labels_to_reach(CURVE, target) == labels


def test_mean_and_deviation_are_those_of_a_sample() -> None:
    values = [0.61, 0.64, 0.7]
    mean, deviation = mean_std(values)
    assert mean == pytest.approx(plain.mean(values)) and deviation == pytest.approx(plain.stdev(values))
    assert mean_std([0.3]) == (0.3, None)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 12])
def test_the_exact_test_agrees_with_all_sign_patterns(n: int) -> None:
    rng = np.random.default_rng(n)
    for shift in (0, 0.5, 3):
        differences = rng.normal(shift, 1, n)
        assert wilcoxon(differences) == pytest.approx(by_enumeration(differences.tolist()), rel=1e-12)


@pytest.mark.parametrize("seed", range(25))
def test_ties_and_zeros_are_tested_exactly_by_all_sign_patterns_of_the_shared_ranks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    differences = rng.integers(-3, 5, rng.integers(2, 11)) / 4
    if not differences.any():
        differences[0] = 1
    assert wilcoxon(differences) == pytest.approx(by_enumeration(differences.tolist()), rel=1e-12)


def test_the_test_is_exact_for_many_seeds_too() -> None:
    differences = np.random.default_rng(4).normal(0.3, 1, 45)
    ranks = np.abs(differences).argsort().argsort() + 1
    patterns = [1]  # how many sign patterns have W⁺ = position, one more rank at a time
    for rank in range(1, 46):
        patterns = [a + b for a, b in zip(patterns + [0] * rank, [0] * rank + patterns, strict=True)]
    smaller = min(int(ranks[differences > 0].sum()), int(ranks[differences < 0].sum()))
    assert wilcoxon(differences) == pytest.approx(2 * sum(patterns[: smaller + 1]) / 2**45, rel=1e-9)


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        # Ranks 1 2 3: all three positive is one pattern of 8, and so is the other tail.
        ([0.1, 0.2, 0.3], 2 / 8),
        # Ranks 1 2 3 4 with W⁻ = 1: of 16 patterns, W⁻ is 0 in one and 1 in one.
        ([-0.1, 0.2, 0.3, 0.4], 4 / 16),
        # Ranks 2 2 2 4 with W⁻ = 2: of 16 patterns, W⁻ is 0 in one and 2 in three.
        ([0.1, 0.1, 0.2, -0.1], 8 / 16),
        # The zero is dropped; ranks 1.5 1.5 3 with W⁻ = 1.5: of 8 patterns, W⁻ is 0 in one and 1.5 in two.
        ([0.0, 0.1, -0.1, 0.3], 6 / 8),
        # Ten equal magnitudes, two of them negative: 1 + 10 + 45 of 1,024 patterns have at most two.
        ([0.2] * 8 + [-0.2] * 2, 2 * 56 / 1024),
    ],
)
def test_the_test_gives_what_counting_patterns_by_hand_gives(differences: list[float], p: float) -> None:
    assert wilcoxon(np.array(differences)) == pytest.approx(p, rel=1e-12)


def test_ties_among_many_pairs_are_tested_by_random_sign_patterns_that_never_change() -> None:
    differences = np.array([0.2] * 15 + [-0.2] * 5)
    p = wilcoxon(differences)
    # Twenty equal magnitudes are a sign test: the number of negative ones is binomial.
    assert p == pytest.approx(2 * sum(math.comb(20, k) for k in range(6)) / 2**20, abs=0.005)
    assert wilcoxon(differences) == p


def test_without_any_difference_p_is_one() -> None:
    assert wilcoxon(np.zeros(5)) == 1


def test_differences_equal_up_to_rounding_are_ties_and_zeros() -> None:
    assert 0.3 - 0.1 != 0.2
    assert wilcoxon(np.array([0.3 - 0.1, 0.2, -0.2, 0.5])) == wilcoxon(np.array([2.0, 2, -2, 5]))
    assert wilcoxon(np.array([0.1 + 0.2 - 0.3, 1, 2])) == wilcoxon(np.array([1.0, 2]))


@pytest.mark.parametrize(("n", "p"), [(1, 1), (3, 0.25), (5, 0.0625), (6, 0.03125), (10, 2 / 1024)])
def test_the_smallest_p_is_that_of_differences_of_one_sign(n: int, p: float) -> None:
    assert smallest_p(n) == p == wilcoxon(np.arange(1.0, n + 1)) == wilcoxon(-np.arange(1.0, n + 1))


def test_the_bootstrap_interval_is_that_of_a_plain_loop() -> None:
    values = np.array([0.1, 0.25, -0.05, 0.4])
    low, high = bootstrap_interval(values, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    means = sorted(math.fsum(values[i] for i in row) / 4 for row in rng.integers(4, size=(10_000, 4)).tolist())
    # Quantile q lies at 9999·q among the sorted, between two of them.
    for end, position in ((low, 249.975), (high, 9749.025)):
        at = int(position)
        assert end == pytest.approx(means[at] + (position - at) * (means[at + 1] - means[at]), rel=1e-9)


def test_the_bootstrap_interval_is_near_the_exact_one_and_scipys() -> None:
    values = np.array([0.1, 0.25, -0.05, 0.4, 0.3, 0.02])
    interval = bootstrap_interval(values, np.random.default_rng(3))
    every = [sum(row) / 6 for row in itertools.product(values, repeat=6)]  # all 6^6 resamples
    assert interval == pytest.approx(np.quantile(every, (0.025, 0.975)), abs=0.01)
    other = stats.bootstrap((values,), np.mean, method="percentile", rng=np.random.default_rng(8)).confidence_interval
    assert interval == pytest.approx((other.low, other.high), abs=0.01)


def test_pairs_are_the_seeds_that_both_have() -> None:
    first = {5: 0.9, 1: 0.7, 2: 0.8, 9: 0.1}
    second = {1: 0.6, 2: 0.75, 5: 0.5, 7: 0.0}
    found = paired_difference(first, second, np.random.default_rng(0))
    assert found is not None
    assert (found.n, found.p) == (3, 0.25) and found.mean == pytest.approx((0.1 + 0.05 + 0.4) / 3)
    assert found.interval is not None
    low, high = found.interval
    assert 0.05 - 1e-12 <= low < found.mean < high <= 0.4 + 1e-12
    swapped = paired_difference(second, first, np.random.default_rng(0))
    assert swapped is not None and swapped.mean == pytest.approx(-found.mean) and swapped.p == found.p


def test_one_pair_has_no_interval_and_none_is_no_comparison() -> None:
    alone = paired_difference({1: 0.5}, {1: 0.25, 2: 0.0}, np.random.default_rng(0))
    assert alone is not None and (alone.n, alone.mean, alone.interval, alone.p) == (1, 0.25, None, 1)
    assert paired_difference({1: 0.5}, {2: 0.5}, np.random.default_rng(0)) is None


@pytest.mark.parametrize(
    ("n", "p", "interval", "said"),
    [
        (1, 1.0, None, "too few seeds"),
        (3, 0.25, (0.1, 0.2), "too few seeds"),
        (5, 0.0625, (0.1, 0.2), "too few seeds"),
        (6, 0.03125, (0.01, 0.2), "higher"),
        (8, 0.0078, (-0.3, -0.1), "lower"),
        (6, 0.4, (-0.1, 0.2), "not shown"),
        (6, 1.0, (0.0, 0.0), "not shown"),
        (6, 0.4, (0.1, 0.2), "unclear"),
        (6, 0.04, (0.0, 0.2), "unclear"),
    ],
)
def test_the_verdict_says_what_the_seeds_support(
    n: int, p: float, interval: tuple[float, float] | None, said: str
) -> None:
    assert verdict(n, p, interval) == said


@pytest.mark.parametrize(("n", "p"), [(1, "1"), (3, "0.25"), (5, "0.062")])
def test_too_few_seeds_are_explained_in_a_sentence(n: int, p: str) -> None:
    seeds = "1 seed" if n == 1 else f"{n} seeds"
    assert too_few(n) == (
        f"{seeds} cannot support a claim: the smallest two-sided p of an exact test is then {p}; run at least 6."
    )


def test_six_seeds_can_support_a_claim() -> None:
    assert too_few(6) is None
