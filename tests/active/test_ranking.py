from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from alc_tui.active.ranking import rank
from alc_tui.active.samplers import SAMPLERS, Ranking

N, CLASSES = 40, 3


@pytest.fixture
def round_() -> dict[str, Any]:
    """A round in which a third is clean, and a few noisy samples were shown before."""
    rng = np.random.default_rng(6)
    clean = rng.random(N) < 0.3
    return {
        "candidates": ~clean & (rng.random(N) < 0.8),
        "clean": clean,
        "probabilities": rng.dirichlet(np.ones(CLASSES), N).astype(np.float32),
        "features": rng.standard_normal((N, 5)).astype(np.float32),
        "random_order": rng.permutation(N),
        "given": rng.integers(CLASSES, size=N),
        "peer2": rng.dirichlet(np.ones(CLASSES), N).astype(np.float32),
        "dropout": rng.dirichlet(np.ones(CLASSES), (4, N)).astype(np.float32),
    }


def ranked(sampler: str, count: int, round_: dict[str, Any]) -> Ranking:
    return rank(sampler, count, **round_, rng=np.random.default_rng(1))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_only_candidates_are_shown_each_once_as_positions_among_all_samples(
    sampler: str, round_: dict[str, Any]
) -> None:
    everyone = ranked(sampler, N, round_).order.tolist()
    assert sorted(everyone) == np.flatnonzero(round_["candidates"]).tolist()
    assert ranked(sampler, 7, round_).order.tolist() == everyone[:7]


def expected(sampler: str, round_: dict[str, Any]) -> list[int]:
    """The order by definition, over all samples one by one."""
    rows, given = round_["probabilities"].tolist(), round_["given"].tolist()

    def entropy(p: list[float]) -> float:
        return -sum(value * math.log(value) for value in p)

    def gained(*opinions: list[float]) -> float:
        mean = [sum(values) / len(opinions) for values in zip(*opinions, strict=True)]
        return entropy(mean) - sum(map(entropy, opinions)) / len(opinions)

    falling = {
        "random": lambda k: -int(round_["random_order"][k]),
        "entropy": lambda k: entropy(rows[k]),
        "margin": lambda k: sorted(rows[k])[-2] - max(rows[k]),
        "least-confidence": lambda k: -max(rows[k]),
        "peers": lambda k: gained(rows[k], round_["peer2"][k].tolist()),
        "bald": lambda k: gained(*round_["dropout"][:, k].tolist()),
        "joint": lambda k: -math.log(rows[k][given[k]], 3) - max(entropy(rows[k]) / math.log(3) - 0.3, 0),
        "self-confidence": lambda k: -rows[k][given[k]],
        "normalized-margin": lambda k: max(p for c, p in enumerate(rows[k]) if c != given[k]) - rows[k][given[k]],
    }[sampler]
    return sorted(np.flatnonzero(round_["candidates"]).tolist(), key=lambda k: (-falling(k), k))


@pytest.mark.parametrize("sampler", sorted(set(SAMPLERS) - {"coreset", "badge"}))
def test_each_candidate_is_ranked_by_its_own_outputs(sampler: str, round_: dict[str, Any]) -> None:
    assert ranked(sampler, N, round_).order.tolist() == expected(sampler, round_)


def test_the_centers_of_the_coreset_are_the_clean_set_and_not_all_that_is_no_candidate() -> None:
    features = np.array([[0.0], [9.0], [10.0], [-4.0]], np.float32)
    probabilities, random_order = np.full((4, 2), 0.5, np.float32), np.arange(4)
    candidates, clean = np.array([False, False, True, True]), np.array([True, False, False, False])
    given = np.zeros(4, np.int64)
    ranking = rank("coreset", 2, candidates, clean, probabilities, features, random_order, given)
    assert ranking.order.tolist() == [2, 3] and ranking.scores.tolist() == [10, 4]


def test_a_round_without_candidates_shows_nothing(round_: dict[str, Any]) -> None:
    round_["candidates"] = np.zeros(N, dtype=bool)
    assert [len(ranked(sampler, 5, round_).order) for sampler in SAMPLERS] == [0] * len(SAMPLERS)
