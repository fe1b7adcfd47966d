from __future__ import annotations

import tracemalloc
from collections import Counter

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.stats import chisquare

from alc_tui.active.samplers import Pool, Ranking
from alc_tui.active.samplers.badge import BLOCK, Gradients, badge


def ranked(p: NDArray[np.float32], h: NDArray[np.float32], count: int, rng: np.random.Generator) -> Ranking:
    return badge(Pool(probabilities=p, features=h, rng=rng), count)


def drawn(rows: int, classes: int, dimensions: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rng = np.random.default_rng(rows)
    h = np.maximum(rng.standard_normal((rows, dimensions)), 0).astype(np.float32)
    return rng.dirichlet(np.ones(classes), rows).astype(np.float32), h


def explicit(p: NDArray[np.float32], h: NDArray[np.float32]) -> NDArray[np.float64]:
    """The gradient vectors themselves, float64[n, C·D]."""
    a = p.astype(np.float64) - np.eye(p.shape[1])[p.argmax(1)]
    products: NDArray[np.float64] = np.einsum("nc,nd->ncd", a, h.astype(np.float64))
    return products.reshape(len(p), -1)


def test_the_explicit_gradients_are_those_of_the_cross_entropy_with_the_predicted_label() -> None:
    rng = np.random.default_rng(3)
    h, weight = torch.tensor(rng.standard_normal((6, 5))), torch.tensor(rng.standard_normal((4, 5)), requires_grad=True)
    logits = h @ weight.T
    losses = torch.nn.functional.cross_entropy(logits, logits.argmax(1), reduction="none")
    gradients = [torch.autograd.grad(loss, weight, retain_graph=True)[0].flatten().tolist() for loss in losses]
    p = logits.softmax(1).detach().numpy().astype(np.float32)
    assert explicit(p, h.numpy()) == pytest.approx(np.array(gradients), abs=1e-6)


def test_distances_are_those_of_explicit_gradient_vectors() -> None:
    p, h = drawn(40, 4, 9)
    gradients, vectors = Gradients(p, h), explicit(p, h)
    assert gradients.squared_norms == pytest.approx((vectors**2).sum(1), rel=1e-12)
    for other in (0, 17, 39):
        expected = ((vectors - vectors[other]) ** 2).sum(1)
        assert gradients.squared_distances(other) == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert gradients.squared_distances(other)[other] == 0


def test_first_and_second_pick_come_as_often_as_k_means_plus_plus_says() -> None:
    """P(first = i) = 1/n; P(second = j | first = i) = d²(i, j) / Σ_k d²(i, k)."""
    p, h = drawn(5, 3, 2)
    h += 0.3
    vectors, trials, rng = explicit(p, h), 6000, np.random.default_rng(8)
    squares = ((vectors[:, None] - vectors[None]) ** 2).sum(-1)
    chance = squares / squares.sum(1, keepdims=True) / 5
    seen = Counter(tuple(ranked(p, h, 2, rng).order.tolist()) for _ in range(trials))
    counts = np.array([[seen[(first, second)] for second in range(5)] for first in range(5)])
    possible = chance > 0
    assert counts[~possible].sum() == 0 and possible.sum() == 20
    assert chisquare(counts[possible], trials * chance[possible]).pvalue > 0.01
    assert chisquare(counts.sum(1)).pvalue > 0.01
    wrong = np.where(possible, np.sqrt(squares), 0)
    wrong /= 5 * wrong.sum(1, keepdims=True)
    assert chisquare(counts[possible], trials * wrong[possible]).pvalue < 1e-6


@pytest.mark.parametrize("seed", range(5))
def test_later_picks_are_drawn_by_the_squared_distance_to_the_nearest_pick(seed: int) -> None:
    p, h = drawn(60, 4, 7)
    vectors, rng = explicit(p, h), np.random.default_rng(seed)
    expected: list[int] = []
    nearest = np.ones(60)
    distances = []
    for _ in range(30):
        pick = int(rng.choice(60, p=nearest / nearest.sum()))
        distances.append(np.sqrt(nearest[pick]) if expected else np.linalg.norm(vectors[pick]))
        expected.append(pick)
        nearest = np.min([((vectors - vectors[one]) ** 2).sum(1) for one in expected], axis=0)
    ranking = ranked(p, h, 30, np.random.default_rng(seed))
    assert ranking.order.tolist() == expected
    assert ranking.scores.tolist() == pytest.approx(distances, rel=1e-6)


def test_equal_gradients_are_picked_once_until_nothing_else_is_left_and_then_in_their_order() -> None:
    p, h = drawn(6, 3, 40)
    kinds = np.tile(np.arange(6), 4)
    order = ranked(p[kinds], h[kinds], 24, np.random.default_rng(2)).order.tolist()
    assert sorted(pick % 6 for pick in order[:6]) == list(range(6))
    assert order[6:] == sorted(set(range(24)) - set(order[:6]))


def test_samples_without_a_gradient_are_shown_too() -> None:
    sure = np.tile(np.array([[1, 0]], np.float32), (4, 1))
    ranking = ranked(sure, np.ones((4, 3), np.float32), 4, np.random.default_rng(0))
    assert sorted(ranking.order.tolist()) == [0, 1, 2, 3] and ranking.scores.tolist() == [0] * 4


def test_the_same_generator_gives_the_same_ranking_and_another_one_another() -> None:
    p, h = drawn(50, 3, 4)
    one, same, other = (ranked(p, h, 20, np.random.default_rng(seed)).order.tolist() for seed in (1, 1, 2))
    assert one == same != other


def test_distances_are_the_same_however_little_memory_the_features_may_take() -> None:
    p, h = drawn(2 * BLOCK + 3, 3, 4)
    whole, limited = Gradients(p, h), Gradients(p, h, working_bytes=0)
    assert limited.squared_norms == pytest.approx(whole.squared_norms, rel=1e-12)
    for other in (0, BLOCK, 2 * BLOCK + 2):
        assert limited.squared_distances(other) == pytest.approx(whole.squared_distances(other), rel=1e-9, abs=1e-12)
        assert limited.squared_distances(other)[other] == 0


def test_it_takes_no_more_memory_than_it_may_besides_a_few_numbers_per_candidate() -> None:
    p, h = drawn(10 * BLOCK, 2, 256)
    pool = Pool(probabilities=p, features=h, rng=np.random.default_rng(4))
    tracemalloc.start()
    ranking = badge(pool, 3, working_bytes=2**20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(set(ranking.order.tolist())) == 3
    assert peak < 2 * BLOCK * 256 * 8 + 128 * len(h) < h.nbytes
