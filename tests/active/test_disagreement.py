from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon

from alc_tui.active.samplers import SAMPLERS, Pool, Ranking


def ranked(sampler: str, peer1: NDArray[np.float32], **more: Any) -> Ranking:
    return SAMPLERS[sampler](Pool(probabilities=peer1, **more), len(peer1))


def drawn(*shape: int) -> NDArray[np.float32]:
    """Random probabilities, a fifth of them exactly 0."""
    rng = np.random.default_rng(sum(shape))
    p = rng.dirichlet(np.ones(shape[-1]), shape[:-1]) * (rng.random(shape) > 0.2)
    p[..., 0] += 0.01
    shares: NDArray[np.float32] = (p / p.sum(-1, keepdims=True)).astype(np.float32)
    return shares


def test_peers_is_the_jensen_shannon_divergence_in_nats() -> None:
    peer1, peer2 = drawn(30, 5), drawn(31, 5)[:30]
    ranking = ranked("peers", peer1, peer2=peer2)
    pairs = zip(peer1.astype(np.float64), peer2.astype(np.float64), strict=True)
    expected = np.array([jensenshannon(p, q, base=math.e) ** 2 for p, q in pairs])
    assert ranking.scores.tolist() == pytest.approx(expected[ranking.order].tolist(), abs=1e-7)
    assert sorted(ranking.order.tolist()) == list(range(30))


def test_peers_that_contradict_each_other_come_first_with_ln_2_and_those_that_agree_last_with_0() -> None:
    peer1 = np.array([[0.5, 0.5], [1, 0], [0.8, 0.2]], np.float32)
    ranking = ranked("peers", peer1, peer2=np.array([[0.5, 0.5], [0, 1], [0.4, 0.6]], np.float32))
    assert ranking.order.tolist() == [1, 2, 0]
    assert ranking.scores[[0, 2]].tolist() == pytest.approx([math.log(2), 0], abs=1e-12)


def mutual_information(passes: list[list[float]]) -> float:
    """Of one sample, by plain loops over passes and classes."""
    total = 0.0
    for label in range(len(passes[0])):
        mean = sum(p[label] for p in passes) / len(passes)
        total -= mean * math.log(mean) if mean > 0 else 0
        for p in passes:
            total += p[label] * math.log(p[label]) / len(passes) if p[label] > 0 else 0
    return total


def test_bald_is_the_mutual_information_in_nats() -> None:
    passes = drawn(7, 25, 4)
    ranking = ranked("bald", passes[0], dropout=passes)
    expected = [mutual_information(passes[:, sample].tolist()) for sample in range(25)]
    assert ranking.scores.tolist() == pytest.approx([expected[sample] for sample in ranking.order], abs=1e-9)


def test_bald_asks_for_opinions_that_differ_and_not_for_opinions_that_are_unsure() -> None:
    sure_but_changing = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    always_unsure = [[1 / 3] * 3] * 3
    passes = np.array([always_unsure, sure_but_changing], np.float32).transpose(1, 0, 2)
    ranking = ranked("bald", passes.mean(0), dropout=passes)
    assert ranking.order.tolist() == [1, 0]
    assert ranking.scores.tolist() == pytest.approx([math.log(3), 0], abs=1e-6)
