from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from alc_tui.active.ranking import rank
from alc_tui.active.samplers import SAMPLERS, Pool, Ranking
from alc_tui.errors import UsageError

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
        "class_counts": np.array([60, 9, 0]),
    }


def ranked(sampler: str, count: int, round_: dict[str, Any]) -> Ranking:
    fields = {name: values for name, values in round_.items() if name not in ("candidates", "clean")}
    everyone = Pool(**fields, centers=round_["features"][round_["clean"]], rng=np.random.default_rng(1))
    return rank(sampler, everyone.among(round_["candidates"]), count)


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

    falling: dict[str, Callable[[int], float]] = {
        "random": lambda k: -int(round_["random_order"][k]),
        "entropy": lambda k: entropy(rows[k]),
        "margin": lambda k: sorted(rows[k])[-2] - max(rows[k]),
        "least-confidence": lambda k: -max(rows[k]),
        "peers": lambda k: gained(rows[k], round_["peer2"][k].tolist()),
        "bald": lambda k: gained(*round_["dropout"][:, k].tolist()),
        "joint": lambda k: -math.log(rows[k][given[k]], 3) - max(entropy(rows[k]) / math.log(3) - 0.3, 0),
        "self-confidence": lambda k: -rows[k][given[k]],
        "rarity": lambda k: sum(p * (1 - p) * 70.5 / n for p, n in zip(rows[k], (60.5, 9.5, 0.5), strict=True)),
        "normalized-margin": lambda k: max(p for c, p in enumerate(rows[k]) if c != given[k]) - rows[k][given[k]],
    }
    return sorted(np.flatnonzero(round_["candidates"]).tolist(), key=lambda k: (-falling[sampler](k), k))


@pytest.mark.parametrize("sampler", sorted(set(SAMPLERS) - {"coreset", "badge"}))
def test_each_candidate_is_ranked_by_its_own_outputs(sampler: str, round_: dict[str, Any]) -> None:
    assert ranked(sampler, N, round_).order.tolist() == expected(sampler, round_)


def test_a_pool_taken_from_a_pool_returns_positions_in_the_first_one() -> None:
    everyone = Pool(probabilities=np.array([[0.5, 0.5], [0.9, 0.1], [0.6, 0.4], [0.7, 0.3]], np.float32))
    noisy = everyone.among(np.array([False, True, True, True]))
    assert rank("entropy", noisy, 3).order.tolist() == [2, 3, 1]
    assert rank("entropy", noisy.among(np.array([True, False, True])), 3).order.tolist() == [3, 1]
    assert rank("entropy", everyone, 1).order.tolist() == [0]


def test_an_unknown_sampler_and_a_negative_count_are_refused() -> None:
    pool = Pool(probabilities=np.full((4, 2), 0.5, np.float32))
    with pytest.raises(UsageError, match="Unknown sampler 'entropi'; use entropy"):
        rank("entropi", pool, 1)
    with pytest.raises(UsageError, match="-1 samples cannot be ranked"):
        rank("entropy", pool, -1)


def test_a_round_without_candidates_shows_nothing(round_: dict[str, Any]) -> None:
    round_["candidates"] = np.zeros(N, dtype=bool)
    assert [len(ranked(sampler, 5, round_).order) for sampler in SAMPLERS] == [0] * len(SAMPLERS)
