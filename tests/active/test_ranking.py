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
        "lottery": rng.permutation(N),
    }


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_only_candidates_are_shown_each_once_as_positions_among_all_samples(
    sampler: str, round_: dict[str, Any]
) -> None:
    everyone = rank(sampler, N, **round_).order.tolist()
    assert sorted(everyone) == np.flatnonzero(round_["candidates"]).tolist()
    assert rank(sampler, 7, **round_).order.tolist() == everyone[:7]


def expected(sampler: str, round_: dict[str, Any]) -> list[int]:
    """The order by definition, over all samples one by one."""
    rows = round_["probabilities"].tolist()
    falling = {
        "random": lambda k: -int(round_["lottery"][k]),
        "entropy": lambda k: -sum(p * math.log(p) for p in rows[k]),
        "margin": lambda k: sorted(rows[k])[-2] - max(rows[k]),
        "least-confidence": lambda k: -max(rows[k]),
    }[sampler]
    return sorted(np.flatnonzero(round_["candidates"]).tolist(), key=lambda k: (-falling(k), k))


@pytest.mark.parametrize("sampler", sorted(set(SAMPLERS) - {"coreset"}))
def test_each_candidate_is_ranked_by_its_own_outputs(sampler: str, round_: dict[str, Any]) -> None:
    assert rank(sampler, N, **round_).order.tolist() == expected(sampler, round_)


def test_the_centres_of_the_coreset_are_the_clean_set_and_not_all_that_is_no_candidate() -> None:
    features = np.array([[0.0], [9.0], [10.0], [-4.0]], np.float32)
    probabilities, lottery = np.full((4, 2), 0.5, np.float32), np.arange(4)
    candidates, clean = np.array([False, False, True, True]), np.array([True, False, False, False])
    ranking: Ranking = rank("coreset", 2, candidates, clean, probabilities, features, lottery)
    assert ranking.order.tolist() == [2, 3] and ranking.scores.tolist() == [10, 4]


def test_a_round_without_candidates_shows_nothing(round_: dict[str, Any]) -> None:
    round_["candidates"] = np.zeros(N, dtype=bool)
    assert [len(rank(sampler, 5, **round_).order) for sampler in SAMPLERS] == [0] * len(SAMPLERS)
