from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from alc_tui.data.similarity.near_duplicates import NearDuplicates, near_duplicates
from alc_tui.data.similarity.result import NONE
from alc_tui.data.similarity.standardization import SUBSPACE, StandardizedFeatures


def by_brute_force(features: NDArray[np.float32], threshold: float) -> tuple[dict[int, set[int]], NDArray[np.float64]]:
    """The groups by their first member, and all cosine similarities of standardized features, in float64."""
    exact = features.astype(np.float64)
    scale = np.maximum(exact.std(0), 0.01 * np.sqrt(exact.var(0).mean()))
    standardized = (exact - exact.mean(0)) / scale
    unit = standardized / np.linalg.norm(standardized, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -1)
    groups = {sample: {sample} for sample in range(len(features))}
    for one, other in np.argwhere(similarity >= threshold).tolist():
        joined = groups[one] | groups[other]
        groups |= dict.fromkeys(joined, joined)
    return {min(group): group for group in groups.values() if len(group) > 1}, similarity


def groups_of(found: NearDuplicates) -> dict[int, set[int]]:
    return {
        int(first): set(np.flatnonzero(found.group == first).tolist()) for first in np.unique(found.group) if first >= 0
    }


def with_copies(n: int, dimensions: int, noise: float, seed: int) -> NDArray[np.float32]:
    """Samples of 20 clusters in a space of 30 dimensions, and slightly altered copies of every seventh."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(20, 30))[rng.integers(20, size=n)] + 0.7 * rng.normal(size=(n, 30))
    copies = np.arange(0, n - 1, 7)
    points[copies + 1] = points[copies] + noise * rng.normal(size=(len(copies), 30))
    mixed = points @ rng.normal(size=(30, dimensions)) + 0.2 * rng.normal(size=(n, dimensions))
    return np.maximum(mixed, 0).astype(np.float32)


@pytest.mark.parametrize(
    ("n", "dimensions", "threshold"), [(300, 12, 0.9), (700, SUBSPACE, 0.85), (1300, 400, 0.8), (1300, 130, 0.95)]
)
def test_no_pair_is_missed_and_none_is_made_up(n: int, dimensions: int, threshold: float) -> None:
    features = with_copies(n, dimensions, 0.1, seed=dimensions)
    found = near_duplicates(StandardizedFeatures(features), threshold)
    groups, similarity = by_brute_force(features, threshold)
    assert groups_of(found) == groups and len(groups) > 3
    members = np.flatnonzero(found.group != NONE)
    assert found.nearest[members].tolist() == similarity[members].argmax(1).tolist()
    assert found.similarity[members] == pytest.approx(similarity[members].max(1), abs=1e-5)
    others = found.group == NONE
    assert (found.nearest[others] == NONE).all() and (found.similarity[others] == 0).all()


def test_pairs_in_different_blocks_and_chains_of_pairs_make_one_group() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(9000, 40)).astype(np.float32)
    features[8999], features[600] = features[3], features[3]
    found = near_duplicates(StandardizedFeatures(features), 0.99)
    assert groups_of(found) == {3: {3, 600, 8999}}
    assert found.nearest[[3, 600, 8999]].tolist() == [600, 3, 3]  # of equal ones, the first
    assert found.similarity[[3, 600, 8999]] == pytest.approx(1.0)


def test_scale_and_offset_of_a_dimension_do_not_matter() -> None:
    features = with_copies(400, 50, 0.1, seed=1)
    rng = np.random.default_rng(2)
    rescaled = features * rng.uniform(0.5, 2, size=50).astype(np.float32) + rng.normal(size=50).astype(np.float32)
    assert groups_of(near_duplicates(StandardizedFeatures(features))) == groups_of(
        near_duplicates(StandardizedFeatures(rescaled))
    )


def test_constant_dimensions_and_constant_features_have_no_near_duplicates() -> None:
    features = with_copies(200, 50, 0.1, seed=3)
    padded = np.hstack((features, np.full((200, 5), 7, dtype=np.float32)))
    assert groups_of(near_duplicates(StandardizedFeatures(padded))) == groups_of(
        near_duplicates(StandardizedFeatures(features))
    )
    assert not groups_of(near_duplicates(StandardizedFeatures(np.ones((30, 8), dtype=np.float32))))


def test_progress_ends_with_all_samples() -> None:
    seen: list[tuple[int, int]] = []
    features = with_copies(1100, 20, 0.1, seed=4)
    near_duplicates(StandardizedFeatures(features), on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(512, 1100), (1024, 1100), (1100, 1100)]
