from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage

from alc_tui.active.clusters import GROUP_SIZE, cluster


@pytest.mark.parametrize(("seed", "count"), [(0, 16), (1, 57), (2, 300)])
def test_they_are_those_of_wards_method_on_directions(seed: int, count: int) -> None:
    features = np.random.default_rng(seed).normal(size=(count, 12)).astype(np.float32)
    directions = features.astype(np.float64) / np.linalg.norm(features.astype(np.float64), axis=1, keepdims=True)
    expected = fcluster(linkage(directions, "ward"), -(-count // GROUP_SIZE), "maxclust")
    found = cluster(features)
    assert found.dtype == np.int64
    pairs = set(zip(found.tolist(), expected.tolist(), strict=True))
    assert len(pairs) == len(set(expected.tolist())) == len(set(found.tolist())) == -(-count // GROUP_SIZE)


def test_look_alikes_are_together_whatever_the_length_of_their_features() -> None:
    rng = np.random.default_rng(3)
    kind = rng.permutation(np.repeat(np.arange(4), GROUP_SIZE))
    features = (np.eye(16)[kind] + 0.02 * rng.random((len(kind), 16))) * rng.uniform(0.1, 9, (len(kind), 1))
    found = cluster(features.astype(np.float32))
    assert len(set(zip(found.tolist(), kind.tolist(), strict=True))) == 4


def test_they_are_numbered_by_their_best_ranked_samples() -> None:
    found = cluster(np.random.default_rng(4).normal(size=(60, 5)).astype(np.float32))
    firsts = [found.tolist().index(number) for number in range(int(found.max()) + 1)]
    assert firsts == sorted(firsts) and firsts[0] == 0


def test_a_long_ranking_is_clustered_in_blocks() -> None:
    features = np.random.default_rng(5).normal(size=(32, 6)).astype(np.float32)
    found = cluster(features, block=15)
    assert found[:15].max() < found[15:30].min() and found[15:30].max() < found[30:].min()
    assert sorted(set(found.tolist())) == list(range(3 + 3 + 1))


@pytest.mark.parametrize(("count", "expected"), [(0, []), (1, [0]), (GROUP_SIZE, [0] * GROUP_SIZE)])
def test_few_samples_are_one_group(count: int, expected: list[int]) -> None:
    assert cluster(np.random.default_rng(6).normal(size=(count, 3)).astype(np.float32)).tolist() == expected


def test_equal_and_empty_features_are_no_obstacle() -> None:
    features = np.zeros((20, 4), dtype=np.float32)
    features[10:, 1] = 1
    assert len(set(cluster(features).tolist())) == 20 // GROUP_SIZE
