from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alc_tui.active.samplers import SAMPLERS, Pool
from alc_tui.errors import UsageError

P = [[0.5, 0.3, 0.2], [0.9, 0.1, 0.0], [0.4, 0.4, 0.2], [0.6, 0.1, 0.3]]


def pool(probabilities: list[list[float]], random_order: list[int] | None = None) -> Pool:
    places = None if random_order is None else np.array(random_order)
    return Pool(probabilities=np.array(probabilities, np.float32), random_order=places)


def test_entropy_is_in_nats_and_the_most_uncertain_comes_first() -> None:
    def nats(*shares: float) -> float:
        return -sum(share * math.log(share) for share in shares)

    ranking = SAMPLERS["entropy"](pool(P), 4)
    assert ranking.order.tolist() == [2, 0, 3, 1]
    expected = [nats(0.4, 0.4, 0.2), nats(0.5, 0.3, 0.2), nats(0.6, 0.1, 0.3), nats(0.9, 0.1)]
    assert ranking.scores.tolist() == pytest.approx(expected, abs=1e-6)


def test_the_entropy_of_a_coin_is_ln_2_and_of_a_certainty_0() -> None:
    assert SAMPLERS["entropy"](pool([[0.5, 0.5], [1.0, 0.0]]), 2).scores.tolist() == pytest.approx([math.log(2), 0])


def test_margin_puts_the_narrowest_lead_first() -> None:
    ranking = SAMPLERS["margin"](pool(P), 4)
    assert ranking.order.tolist() == [2, 0, 3, 1]
    assert ranking.scores.tolist() == pytest.approx([0, -0.2, -0.3, -0.8], abs=1e-6)


def test_least_confidence_puts_the_smallest_highest_probability_first() -> None:
    ranking = SAMPLERS["least-confidence"](pool(P), 4)
    assert ranking.order.tolist() == [2, 0, 3, 1]
    assert ranking.scores.tolist() == pytest.approx([0.6, 0.5, 0.4, 0.1], abs=1e-6)


def test_the_uncertainty_samplers_disagree_where_they_should() -> None:
    two_way, flat = [0.48, 0.48, 0.02, 0.02], [0.4, 0.2, 0.2, 0.2]
    firsts = {name: int(SAMPLERS[name](pool([two_way, flat]), 1).order[0]) for name in ("entropy", "margin")}
    assert firsts == {"entropy": 1, "margin": 0}
    assert SAMPLERS["least-confidence"](pool([two_way, flat]), 1).order.tolist() == [1]


@pytest.mark.parametrize("name", ["entropy", "margin", "least-confidence"])
def test_ties_go_to_the_earlier_candidate(name: str) -> None:
    tied = [[0.75, 0.25], [0.5, 0.5], [0.75, 0.25], [0.5, 0.5]] * 20
    order = SAMPLERS[name](pool(tied), 80).order.tolist()
    odd = [place for place in range(80) if place % 2]
    assert order == odd + [place for place in range(80) if place % 2 == 0]


def test_random_follows_the_random_order() -> None:
    ranking = SAMPLERS["random"](pool(P, random_order=[7, 2, 9, 0]), 3)
    assert ranking.order.tolist() == [3, 1, 0] and ranking.scores.tolist() == [0, -2, -7]


def test_random_rounds_walk_through_one_order_without_repeating() -> None:
    places = np.random.default_rng(0).permutation(20)
    left: NDArray[np.int64] = np.arange(20)
    shown: list[int] = []
    for _ in range(4):
        rows = Pool(probabilities=np.full((len(left), 2), 0.5, np.float32), random_order=places[left])
        picked = left[SAMPLERS["random"](rows, 5).order]
        shown += picked.tolist()
        left = np.setdiff1d(left, picked)
    assert shown == np.argsort(places).tolist()


def drawn(rows: int) -> Pool:
    """Everything a sampler may ask for, at random; ten samples are clean."""
    rng = np.random.default_rng(4)
    features = rng.standard_normal((rows + 10, 3)).astype(np.float32)

    def probabilities(*shape: int) -> NDArray[np.float32]:
        return rng.dirichlet(np.ones(4), shape).astype(np.float32)

    return Pool(
        probabilities=probabilities(rows),
        features=features[:rows],
        given=rng.integers(4, size=rows),
        centers=features[rows:],
        random_order=rng.permutation(rows),
        peer2=probabilities(rows),
        dropout=probabilities(5, rows),
        rng=rng,
        class_counts=np.array([50, 20, 4, 1]),
    )


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize(("candidates", "count", "shown"), [(4, 9, 4), (4, 0, 0), (0, 3, 0), (1, 1, 1)])
def test_no_more_is_shown_than_there_is_or_was_asked_for(name: str, candidates: int, count: int, shown: int) -> None:
    ranking = SAMPLERS[name](drawn(candidates), count)
    assert len(ranking.order) == len(ranking.scores) == shown
    assert len(set(ranking.order.tolist())) == shown and set(ranking.order.tolist()) <= set(range(candidates))


@pytest.mark.parametrize("name", sorted(set(SAMPLERS) - {"badge"}))
def test_scores_fall_along_the_ranking(name: str) -> None:
    scores = SAMPLERS[name](drawn(40), 40).scores
    assert (np.diff(scores) <= 0).all() and scores.dtype == np.float64 and np.isfinite(scores).all()


@pytest.mark.parametrize("name", sorted(set(SAMPLERS) - {"random", "coreset", "badge"}))
def test_equal_samples_keep_their_order(name: str) -> None:
    twice = np.tile(np.arange(20), 3)
    few = drawn(20)
    assert few.given is not None and few.peer2 is not None and few.dropout is not None
    tied = Pool(
        probabilities=few.probabilities[twice],
        given=few.given[twice],
        peer2=few.peer2[twice],
        dropout=few.dropout[:, twice],
        class_counts=few.class_counts,
    )
    order = SAMPLERS[name](tied, 60).order.reshape(20, 3)
    assert (order % 20 == order[:, :1]).all() and (np.diff(order, axis=1) == 20).all()


READS = {
    "random": {"random_order"},
    "coreset": {"features"},
    "bald": {"dropout"},
    "badge": {"features", "rng"},
    "peers": {"peer2"},
    "joint": {"given"},
    "self-confidence": {"given"},
    "normalized-margin": {"given"},
    "rarity": {"class_counts"},
}
OPTIONAL = ("features", "given", "random_order", "peer2", "dropout", "rng", "class_counts")


@pytest.mark.parametrize(("name", "field"), [(name, field) for name in SAMPLERS for field in OPTIONAL])
def test_a_sampler_needs_only_what_it_reads_and_names_what_is_missing(name: str, field: str) -> None:
    missing: dict[str, Any] = {field: None}
    without = replace(drawn(5), **missing)
    if field in READS.get(name, ()):
        with pytest.raises(UsageError, match=f"{name} needs the pool's `{field}`; specify it"):
            SAMPLERS[name](without, 3)
    else:
        assert len(SAMPLERS[name](without, 3).order) == 3


def test_coreset_needs_a_random_order_only_without_centers() -> None:
    for centers in (None, np.empty((0, 3), np.float32)):
        with pytest.raises(UsageError, match="coreset without centers needs the pool's `random_order`"):
            SAMPLERS["coreset"](replace(drawn(5), random_order=None, centers=centers), 3)


@pytest.mark.parametrize("field", ["features", "given", "random_order", "peer2", "dropout"])
def test_a_pool_of_different_numbers_of_samples_is_refused(field: str) -> None:
    with pytest.raises(UsageError, match=f"`{field}` has 4 samples and its `probabilities` 5"):
        replace(drawn(5), **{field: getattr(drawn(4), field)})
