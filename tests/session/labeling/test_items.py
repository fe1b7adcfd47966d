from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alc_tui.data.texts import Texts
from alc_tui.session.labeling.items import (
    BY_MEAN,
    BY_PROBABILITY,
    DECIDED,
    GIVEN,
    Evidence,
    Item,
    Neighbor,
    TypicalSamples,
)
from alc_tui.session.store.arrays import RoundArrays, Samples

CLASSES = ("MEL", "NV", "BCC")


def item(*probabilities: float) -> Item:
    return Item("a", 0, "MEL", "NV", np.array(probabilities, dtype=np.float32), 0.0, None)


def evidence(
    vog: list[float],
    neighbors: list[list[int]],
    clusters: Sequence[int] = (0, 1, 0),
    typical: Sequence[Any] = ((),) * 3,
    **of_round: Any,
) -> Evidence:
    """Five training samples, the second and the fourth of eight being no training samples; three of them ranked."""
    samples = Samples(
        ids=Texts(np.array(["t0", "v", "t1", "x", "t2", "t3", "t4"])),
        locators=Texts(np.array([""] * 7)),
        given=np.array([0, 1, 1, 0, 2, 0, 1]),
        truth=np.zeros(7, dtype=np.int64),
        split=np.array([0, 1, 0, 2, 0, 0, 0], dtype=np.int8),
    )
    arrays = RoundArrays(
        clean=np.array([True, True, False, False, False]),
        labels=np.array([2, 1, 2, 0, 1]),
        loss=np.array([0.5, 0.1, 2.0, 0.5, 0.7], dtype=np.float32),
        vog=np.array(vog, dtype=np.float32),
        probabilities=np.array(
            [[0.2, 0.3, 0.5], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1], [0.25, 0.25, 0.5], [0.0, 0.0, 1.0]], dtype=np.float32
        ),
        ranking=np.array([4, 2, 3]),
        scores=np.array([0.9, 0.8, 0.1]),
        test_best=np.zeros((1, 3), dtype=np.float32),
        test_last=np.zeros((1, 3), dtype=np.float32),
        neighbors=np.array(neighbors, dtype=np.int64).reshape(3, -1),
        clusters=np.array(clusters),
        typical=np.array(typical, dtype=np.int64),
    )
    return Evidence(samples, CLASSES, arrays, **of_round)


@pytest.fixture
def whole() -> Evidence:
    return evidence([3.0, 1.0, 2.0, 2.0, 5.0], [[1, 0], [0, -1], [-1, -1]])


def test_the_queue_is_the_ranking_by_id(whole: Evidence) -> None:
    assert whole.ranking == ["t4", "t2", "t3"]


def test_a_ranked_sample_has_place_score_and_neighbors(whole: Evidence) -> None:
    first = whole.ranked(0, None)
    assert (first.sample, first.position, first.given, first.suggestion) == ("t4", 6, "NV", "BCC")
    assert (first.place, first.score) == (0, 0.9)
    assert first.neighbors == (Neighbor(2, "NV"), Neighbor(0, "BCC"))  # t1 and t0, with the labels in force
    assert whole.ranked(1, None).neighbors == (Neighbor(0, "BCC"),)
    assert whole.ranked(2, None).neighbors == ()
    assert [whole.ranked(place, None).cluster for place in range(3)] == [0, 1, 0]


def test_a_round_without_clusters_has_none() -> None:
    told = evidence([np.nan] * 5, [[], [], []], clusters=(-1, -1, -1))
    assert {told.ranked(place, None).cluster for place in range(3)} == {None}


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (0, [None, None, "BCC"]),  # given labels: two of MEL, two of NV, one of BCC
        (1, [None, "MEL", "MEL"]),  # clean set: none of MEL, one of NV, one of BCC
    ],
)
def test_the_rare_class_is_the_one_that_contributes_most_to_the_score_of_rarity(
    number: int, names: list[str | None]
) -> None:
    told = evidence([np.nan] * 5, [[], [], []], number=number)
    assert [told.ranked(place, None).rare for place in range(3)] == names


def test_samples_of_the_focus_class_are_those_given_as_it_and_those_suggested_as_it() -> None:
    told = evidence([np.nan] * 5, [[], [], []], focus="MEL")
    assert [told.ranked(place, None).focus for place in range(3)] == [None, "MEL", "MEL"]
    assert told.any(0, None).focus is None


def test_typical_samples_are_those_that_the_round_says() -> None:
    told = evidence([np.nan] * 5, [[], [], []], typical=[[-1, -1], [1, -1], [2, 0]])
    assert [told.typical(name) for name in CLASSES] == [
        TypicalSamples((), BY_MEAN),
        TypicalSamples((2,), BY_MEAN),
        TypicalSamples((4, 0), BY_MEAN),
    ]


def test_in_earlier_rounds_they_are_the_clean_samples_of_highest_probability(whole: Evidence) -> None:
    assert whole.typical("BCC") == TypicalSamples((0,), BY_PROBABILITY)
    assert whole.typical("NV") == TypicalSamples((2,), BY_PROBABILITY)
    assert whole.typical("MEL") == TypicalSamples((), BY_PROBABILITY)


def test_samples_with_a_given_label_are_ordered_by_its_probability(whole: Evidence) -> None:
    assert whole.of_given("MEL") == TypicalSamples((5, 0), GIVEN)
    assert whole.of_given("NV", without=[4]) == TypicalSamples((2,), GIVEN)
    assert whole.of_given("BCC", without=[2]) == TypicalSamples((), GIVEN)


def test_decided_samples_are_ordered_by_the_probability_of_their_label(whole: Evidence) -> None:
    assert whole.of_decided("BCC", [2, 4, 3]) == TypicalSamples((6, 5, 4), DECIDED)


def test_any_other_sample_has_neither(whole: Evidence) -> None:
    other = whole.any(1, None)
    assert (other.sample, other.position, other.given, other.suggestion) == ("t1", 2, "NV", "NV")
    assert (other.place, other.score, other.neighbors, other.cluster) == (None, None, (), None)


def test_percentiles_are_the_share_of_training_samples_below(whole: Evidence) -> None:
    loss, vog = [0.5, 0.1, 2.0, 0.5, 0.7], [3.0, 1.0, 2.0, 2.0, 5.0]
    for local in range(5):
        found = whole.any(local, None)
        assert found.loss_percentile == pytest.approx(100 * sum(each < loss[local] for each in loss) / 5)
        assert found.vog_percentile == pytest.approx(100 * sum(each < vog[local] for each in vog) / 5)
    assert whole.any(2, None).loss_percentile == 80.0 and whole.any(1, None).loss_percentile == 0.0


def test_percentiles_by_brute_force_on_many_samples_with_ties() -> None:
    rng = np.random.default_rng(0)
    n = 300
    samples = Samples(
        Texts(np.arange(n).astype(str)),
        Texts(np.array([""] * n)),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.int8),
    )
    loss: NDArray[np.float32] = rng.integers(40, size=n).astype(np.float32) / np.float32(7)
    empty = np.empty((0, 1))
    arrays = RoundArrays(
        np.zeros(n, np.bool_), np.zeros(n, np.int64), loss, loss[::-1].copy(), np.ones((n, 1), np.float32),
        np.empty(0, np.int64), np.empty(0), empty.astype(np.float32), empty.astype(np.float32),
        np.empty((0, 4), np.int64), np.empty(0, np.int64), np.empty((1, 0), np.int64),
    )  # fmt: skip
    told = Evidence(samples, ("x",), arrays)
    for local in range(n):
        found = told.any(local, None)
        assert found.loss_percentile == pytest.approx(100 * np.mean(loss < loss[local]))
        assert found.vog_percentile == pytest.approx(100 * np.mean(loss < loss[n - 1 - local]))


def test_where_there_is_no_vog_there_is_no_percentile_of_it() -> None:
    told = evidence([np.nan] * 5, [[], [], []])
    assert told.any(0, None).vog_percentile is None
    assert told.ranked(0, None).neighbors == ()


def test_the_margin_is_between_the_two_likeliest() -> None:
    assert item(0.2, 0.7, 0.1).margin == pytest.approx(0.5)
    assert item(0.4, 0.2, 0.4).margin == pytest.approx(0.0)
    assert item(0.0, 1.0).margin == pytest.approx(1.0)
