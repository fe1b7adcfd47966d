from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from alc_tui.active.neighbors import nearest_clean


def slow(features: NDArray[np.float32], asked: list[int], clean: NDArray[np.bool_], count: int) -> list[list[int]]:
    """By float64 cosine, one pair at a time."""

    def similarity(one: int, other: int) -> float:
        a, b = features[one].astype(np.float64), features[other].astype(np.float64)
        lengths = np.linalg.norm(a) * np.linalg.norm(b)
        return float(a @ b / lengths) if lengths else 0.0

    members = np.flatnonzero(clean).tolist()
    return [sorted(members, key=lambda other: -similarity(one, other))[:count] for one in asked]


@pytest.mark.parametrize(("seed", "count"), [(0, 4), (1, 1), (2, 7)])
def test_they_are_the_clean_samples_of_highest_cosine(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(300, 24)).astype(np.float32)
    clean = rng.random(300) < 0.4
    asked = rng.permutation(np.flatnonzero(~clean))[:150]
    found = nearest_clean(features, asked, clean, count)
    assert found.dtype == np.int64 and found.tolist() == slow(features, asked.tolist(), clean, count)


@pytest.mark.parametrize("count", [1, 4, 400])
def test_a_clean_sample_is_not_near_itself(count: int) -> None:
    rng = np.random.default_rng(3)
    features = rng.normal(size=(300, 24)).astype(np.float32)
    features[200] = features[7]  # one as near as itself
    clean = rng.random(300) < 0.4
    clean[[7, 200]] = True
    asked = [7, *np.flatnonzero(clean)[:80].tolist(), int(np.flatnonzero(~clean)[0])]
    found = nearest_clean(features, np.array(asked), clean, count)
    for one, near in zip(asked, found.tolist(), strict=True):
        (others,) = slow(features, [one], clean & (np.arange(300) != one), count)
        assert near == others + [-1] * (count - len(others))
    assert found[0, 0] == 200


def exact(features: NDArray[np.float32], one: int, members: list[int], count: int) -> list[int]:
    """By the exact square of the cosine of whole, non-negative features; ties go to the smaller position."""

    def square(other: int) -> Fraction:
        a, b = features[one].astype(int).tolist(), features[other].astype(int).tolist()
        product = sum(x * y for x, y in zip(a, b, strict=True))
        lengths = sum(x * x for x in a) * sum(y * y for y in b)
        return Fraction(product**2, lengths) if lengths else Fraction(0)

    return sorted(members, key=lambda other: (-square(other), other))[:count]


@pytest.mark.parametrize("seed", range(8))
def test_equal_features_go_by_their_position(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features = rng.integers(0, 100, size=(int(rng.integers(60, 200)), 65)).astype(np.float32)
    features = features[rng.integers(len(features) // 6, size=len(features))]
    clean = rng.random(len(features)) < 0.7
    asked = np.flatnonzero(~clean)
    found = nearest_clean(features, asked, clean)
    members = np.flatnonzero(clean).tolist()
    assert found.tolist() == [exact(features, one, members, 4) for one in asked.tolist()]


def test_differences_below_single_precision_still_count() -> None:
    features = np.full((6, 512), 1, dtype=np.float32)
    for nearness, position in enumerate([3, 5, 1, 2]):  # 3 is nearest; each is off in one more of 512 places
        features[position, : nearness + 1] += np.float32(1e-4)
    clean = np.array([False, True, True, True, False, True])
    assert nearest_clean(features, np.array([0]), clean).tolist() == [[3, 5, 1, 2]]


def test_how_long_a_vector_is_does_not_matter() -> None:
    features = np.array([[1, 0], [100, 100], [0.01, 0.001], [0, 5]], dtype=np.float32)
    assert nearest_clean(features, np.array([0]), np.array([False, True, True, True]), 3).tolist() == [[2, 1, 3]]


def test_zeros_are_like_everything_by_0() -> None:
    features = np.array([[0, 0], [-1, 0], [0, 0], [1, 0], [1, 0]], dtype=np.float32)
    clean = np.array([False, True, True, True, False])
    found = nearest_clean(features, np.array([0, 4]), clean, 3)
    assert found.tolist() == [[1, 2, 3], [3, 2, 1]]


@pytest.mark.parametrize(("members", "expected"), [([], [-1, -1, -1, -1]), ([2], [2, -1, -1, -1])])
def test_a_clean_set_that_is_too_small_is_padded(members: list[int], expected: list[int]) -> None:
    features = np.eye(4, dtype=np.float32)
    assert nearest_clean(features, np.array([0, 1]), np.isin(np.arange(4), members)).tolist() == [expected] * 2


def test_nobody_asked_nobody_found() -> None:
    found = nearest_clean(np.eye(4, dtype=np.float32), np.empty(0, dtype=np.int64), np.ones(4, dtype=np.bool_))
    assert found.shape == (0, 4)
