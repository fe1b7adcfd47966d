"""Ranking from Python: any sampler on plain arrays, and arguments checked at the door."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import alc_tui as alc
from alc_tui.data.random_streams import random_stream

P = np.array([[0.9, 0.1], [0.6, 0.4], [0.5, 0.5], [0.2, 0.8]])
LABELS = [1, 0, 0, 1]
REST: dict[str, Any] = {"labels": LABELS, "features": np.eye(4), "peer2": P[::-1], "dropout": np.stack([P, P[::-1]])}


def test_entropy_puts_the_flattest_probabilities_first() -> None:
    ranking = alc.rank("entropy", P)
    assert ranking.order.tolist() == [2, 1, 3, 0]
    assert ranking.scores[0] == pytest.approx(np.log(2))


def test_only_candidates_are_ranked_and_positions_stay_those_of_all_samples() -> None:
    assert alc.rank("entropy", P, clean=[2]).order.tolist() == [1, 3, 0]
    assert alc.rank("entropy", P, candidates=np.array([True, False, False, True])).order.tolist() == [3, 0]
    assert alc.rank("entropy", P, candidates=[0, 3], count=1).order.tolist() == [3]


def test_self_confidence_puts_the_least_believed_label_first() -> None:
    assert alc.rank("self-confidence", torch.from_numpy(P), labels=LABELS).order.tolist() == [0, 2, 1, 3]


def test_coreset_goes_away_from_the_clean_samples() -> None:
    features = [[0.0], [1.0], [5.0], [9.0]]
    assert alc.rank("coreset", P, features=features, clean=[0], count=2).order.tolist() == [3, 2]


def test_random_is_the_random_order_of_a_session_with_the_same_seed() -> None:
    order = random_stream(3, "lottery").permutation(4)
    assert alc.rank("random", P, seed=3).order.tolist() == np.argsort(order).tolist()


@pytest.mark.parametrize("sampler", list(alc.SAMPLERS))
def test_every_sampler_ranks_every_candidate_once(sampler: str) -> None:
    assert sorted(alc.rank(sampler, P, **REST).order.tolist()) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("sampler", "needed"),
    [
        ("coreset", "features"),
        ("badge", "features"),
        ("joint", "labels"),
        ("self-confidence", "labels"),
        ("normalized-margin", "labels"),
        ("rarity", "labels"),
        ("peers", "peer2"),
        ("bald", "dropout"),
    ],
)
def test_a_sampler_says_what_it_needs(sampler: str, needed: str) -> None:
    others = {name: value for name, value in REST.items() if name != needed}
    with pytest.raises(alc.UsageError, match=f"'{sampler}' needs `{needed}`"):
        alc.rank(sampler, P, **others)


@pytest.mark.parametrize(
    ("arguments", "repeated"),
    [
        ({"sampler": "entropi"}, "'entropi'; use entropy"),
        ({"probabilities": [[0.5, 0.75]]}, r"\[0.5, 0.75\]"),
        ({"probabilities": [0.5, 0.5]}, r"\(2,\)"),
        ({"labels": [0]}, "`labels` has 1 samples and the other arguments have 4"),
        ({"labels": [0, 0, 0, 2]}, "2 at position 3"),
        ({"features": np.zeros((3, 2))}, r"`features` has shape \(3, 2\)"),
        ({"peer2": np.full((4, 4), 0.25)}, r"`peer2` has shape \(4, 4\)"),
        ({"clean": [4]}, "`clean` holds the position 4"),
        ({"candidates": [True]}, r"bool and shape \(1,\)"),
        ({"count": -1}, "-1"),
        ({"count": 2.5}, "`count` is 2.5; pass a whole number"),
        ({"count": "2"}, "`count` is '2'; pass a number"),
        ({"sampler": None}, "`sampler` is None; pass a name"),
        ({"sampler": ["entropy"]}, "`sampler` is \\['entropy'\\]; pass a name"),
        ({"features": np.full((4, 2), np.nan)}, "`features` holds nan"),
        ({"seed": -1}, "`seed` is -1"),
        ({"features": [["a"], ["b"], ["c"], ["d"]]}, "`features` holds 'a'; pass numbers"),
        ({"probabilities": [["a", "b"]]}, "`probabilities` holds 'a'; pass numbers"),
        ({"probabilities": [[0.5, 0.5], [1]]}, "`probabilities` has rows of different lengths"),
        ({"probabilities": [[1.0], [1.0]]}, r"`probabilities` has shape \(2, 1\); pass a column for each of 2 classes"),
        ({"clean": ["a"]}, "`clean` has dtype <U1"),
        ({"clean": np.zeros(0, dtype=np.bool_)}, "`clean` has dtype bool"),
    ],
)
def test_an_error_repeats_the_offending_value(arguments: dict[str, Any], repeated: str) -> None:
    with pytest.raises(ValueError, match=repeated) as error:
        alc.rank(**({"sampler": "entropy", "probabilities": P} | arguments))
    assert isinstance(error.value, alc.UsageError)


def test_no_positions_are_positions() -> None:
    everything = alc.rank("entropy", P)
    assert np.array_equal(alc.rank("entropy", P, clean=[]).order, everything.order) and len(everything.order) == len(P)
    assert len(alc.rank("entropy", P, candidates=[]).order) == 0
