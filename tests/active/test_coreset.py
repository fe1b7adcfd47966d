from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from alc_tui.active.samplers import Pool, Ranking
from alc_tui.active.samplers.coreset import BLOCK, CHUNK, ROWS, coreset


def ranked(
    points: NDArray[np.floating],
    centers: NDArray[np.floating],
    count: int,
    random_order: NDArray[np.int64] | None = None,
) -> Ranking:
    features, chosen = points.astype(np.float32), centers.astype(np.float32).reshape(-1, points.shape[1])
    pool = Pool(
        probabilities=np.empty((len(points), 2), np.float32),
        features=features,
        centers=chosen,
        random_order=random_order,
    )
    return coreset(pool, count)


def greedy(
    points: NDArray[np.floating], centers: NDArray[np.floating], count: int, first: int | None = None
) -> tuple[list[int], list[float | None]]:
    """Sener and Savarese 2018, Alg. 1, all distances anew for every pick."""
    points = points.astype(np.float64)
    known: list[NDArray[np.floating]] = list(centers.astype(np.float64).reshape(-1, points.shape[1]))
    picks: list[int] = []
    distances: list[float | None] = []
    for _ in range(count):
        distance: float | None = None
        if not known:
            assert first is not None
            pick = first
        else:
            nearest = np.min([np.linalg.norm(points - center, axis=1) for center in known], axis=0)
            nearest[picks] = -1
            pick = int(nearest.argmax())
            distance = float(nearest[pick])
        picks.append(pick)
        distances.append(distance)
        known.append(points[pick])
    return picks, distances


NONE = np.empty((0, 1))


def test_the_farthest_from_the_clean_set_then_the_farthest_from_both() -> None:
    line = np.array([[1.0], [10.0], [4.0], [6.0]])
    ranking = ranked(line, np.array([[0.0]]), 4)
    assert ranking.order.tolist() == [1, 2, 3, 0]
    assert ranking.scores.tolist() == [10, 4, 2, 1]


def test_without_a_clean_set_the_random_order_decides_the_first() -> None:
    line = np.array([[1.0], [10.0], [4.0], [6.0]])
    ranking = ranked(line, NONE, 3, random_order=np.array([3, 2, 0, 1]))
    assert ranking.order.tolist() == [2, 1, 0]
    assert ranking.scores[1:].tolist() == [6, 3]


def test_without_a_clean_set_the_first_has_its_distance_to_the_farthest_for_a_score() -> None:
    line = np.array([[1.0], [10.0], [4.0], [6.0]])
    random_order = np.array([3, 2, 0, 1])
    assert [ranked(line, NONE, count, random_order).scores.tolist() for count in (1, 2)] == [[6], [6, 6]]
    assert ranked(line[:1], NONE, 1, random_order[:1]).scores.tolist() == [0]


def test_ties_go_to_the_earlier_candidate() -> None:
    square = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0]])
    assert ranked(square, np.array([[0.0, 0.0]]), 4).order.tolist() == [0, 1, 2, 3]


def test_duplicates_come_last_in_their_order_and_nobody_twice() -> None:
    points = np.array([[3.0, 0.0], [5.0, 5.0], [3.0, 0.0], [5.0, 5.0], [0.0, 0.0], [5.0, 5.0]])
    ranking = ranked(points, np.array([[0.0, 0.0]]), 6)
    assert ranking.order.tolist() == [1, 0, 2, 3, 4, 5]
    assert ranking.scores.tolist() == pytest.approx([50**0.5, 3, 0, 0, 0, 0])


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("centers", [0, 1, 7])
def test_it_is_greedy_k_center_on_grids_full_of_ties_and_duplicates(seed: int, centers: int) -> None:
    rng = np.random.default_rng(seed)
    points, clean = rng.integers(4, size=(30, 3)) * 1.0, rng.integers(4, size=(centers, 3)) * 1.0
    random_order = rng.permutation(30)
    expected, distances = greedy(points, clean, 25, first=int(random_order.argmin()))
    ranking = ranked(points, clean, 25, random_order)
    assert ranking.order.tolist() == expected
    known = slice(0 if centers else 1, None)
    assert ranking.scores[known].tolist() == pytest.approx(distances[known], abs=1e-6)


@pytest.mark.parametrize("centers", [0, 300, CHUNK + 200])
def test_it_is_greedy_k_center_on_features_such_as_networks_give(centers: int) -> None:
    rng = np.random.default_rng(11)
    features = np.maximum(rng.standard_normal((600 + centers, 24)) + 0.5, 0).astype(np.float32)
    points, clean, random_order = features[:600], features[600:], rng.permutation(600)
    expected, distances = greedy(points, clean, 40, first=int(random_order.argmin()))
    ranking = ranked(points, clean, 40, random_order)
    assert ranking.order.tolist() == expected
    assert ranking.scores[1:].tolist() == pytest.approx(distances[1:], rel=1e-4)


@pytest.mark.parametrize("centers", [0, CHUNK + 5])
def test_it_is_exact_where_float32_cannot_tell_the_distances_apart(centers: int) -> None:
    """Far from the origin, float32 products are off by more than the distances are long."""
    rng = np.random.default_rng(12)
    features = (300 + rng.standard_normal((3 * BLOCK + centers, 16)) / 100).astype(np.float32)
    points, clean, random_order = features[centers:], features[:centers], rng.permutation(3 * BLOCK)
    product = points @ points.T
    squares = np.diag(product)[:, None] + np.diag(product) - 2 * product
    assert abs(squares).max() > 10 * ((points - points[0]) ** 2).sum(1).max()
    expected, distances = greedy(points, clean, 60, first=int(random_order.argmin()))
    ranking = ranked(points, clean, 60, random_order)
    assert ranking.order.tolist() == expected
    assert ranking.scores[1:].tolist() == pytest.approx(distances[1:], rel=1e-12)


def test_many_equal_samples_are_shown_in_their_order_once_nothing_else_is_left() -> None:
    rng = np.random.default_rng(13)
    kinds = rng.standard_normal((3, 8))
    points = kinds[np.arange(3 * BLOCK) % 3]
    ranking = ranked(points, np.zeros((1, 8)), 3 * BLOCK)
    firsts = sorted(range(3), key=lambda kind: ranking.order.tolist().index(kind))
    assert sorted(ranking.order[:3].tolist()) == [0, 1, 2] and firsts == ranking.order[:3].tolist()
    assert ranking.order[3:].tolist() == list(range(3, 3 * BLOCK)) and not ranking.scores[3:].any()


def test_a_candidate_that_all_bounds_say_is_near_is_found_when_the_far_ones_are_used_up() -> None:
    """Clusters of near-equal candidates: one pick makes the rest of its cluster near, and sleepers are next."""
    rng = np.random.default_rng(14)
    means = rng.standard_normal((12, 6)) * np.linspace(50, 1, 12)[:, None]
    points = np.repeat(means, BLOCK // 2, axis=0) + rng.standard_normal((6 * BLOCK, 6)) / 1000
    expected, distances = greedy(points.astype(np.float32), np.zeros((1, 6)), 40)
    ranking = ranked(points, np.zeros((1, 6)), 40)
    assert ranking.order.tolist() == expected and ranking.scores.tolist() == pytest.approx(distances, rel=1e-9)


@pytest.mark.parametrize("held", [0, 1, BLOCK - 1, 2 * BLOCK, 10 * BLOCK])
def test_the_order_is_the_same_however_little_memory_it_may_take(held: int) -> None:
    rng = np.random.default_rng(15)
    points, centers = rng.standard_normal((5 * BLOCK, 12)).astype(np.float32), np.zeros((1, 12), dtype=np.float32)
    pool = Pool(probabilities=np.empty((len(points), 2), np.float32), features=points, centers=centers)
    whole, limited = coreset(pool, 80), coreset(pool, 80, working_bytes=held * 12 * 8)
    assert limited.order.tolist() == whole.order.tolist() and limited.scores.tolist() == whole.scores.tolist()


def test_it_takes_no_more_memory_than_it_may_besides_a_few_numbers_per_candidate() -> None:
    points = np.random.default_rng(16).standard_normal((20 * ROWS, 64)).astype(np.float32)
    centers, limit = np.zeros((1, 64), dtype=np.float32), 2**21
    pool = Pool(probabilities=np.empty((len(points), 2), np.float32), features=points, centers=centers)
    tracemalloc.start()
    coreset(pool, 10, working_bytes=limit)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    blocks = 3 * ROWS * 64 * 8
    assert peak < limit + blocks + 64 * len(points) < points.nbytes
