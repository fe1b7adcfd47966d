from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from alc_tui.model.scoring.intervals import change_interval, resampled_rounds, score_interval

Labels = NDArray[np.int64]
CLASSES = 3


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def drawn(seed: int, share_right: float, n: int = 150) -> tuple[Labels, Labels]:
    """Truth with classes of unequal size, and answers of which about that share is right."""
    draws = np.random.default_rng(seed)
    truth = draws.choice(CLASSES, n, p=[0.6, 0.3, 0.1])
    return truth, np.where(draws.random(n) < share_right, truth, draws.integers(CLASSES, size=n))


def plain_bootstrap(truth: Labels, *answers: Labels) -> NDArray[np.float64]:
    """F1 of each class in resampled test sets, float64[answers, resamples, C], by drawing samples one set at a time."""
    draws, found = np.random.default_rng(99), []
    for _ in range(800):
        some = draws.integers(len(truth), size=len(truth))
        found.append(
            [f1_score(truth[some], a[some], labels=range(CLASSES), average=None, zero_division=0) for a in answers]
        )
    return np.array(found).swapaxes(0, 1)


def ends(values: NDArray[np.float64]) -> list[float]:
    return [float(np.percentile(values, 2.5)), float(np.percentile(values, 97.5))]


# The end of a 95 % interval from 1,000 draws is off by 0.09 standard deviations (those of F1 here are 0.04 to 0.1).
@pytest.mark.parametrize(("share_right", "off"), [(0.4, 0.03), (0.8, 0.03)])
def test_the_intervals_are_those_of_resampling_the_samples_themselves(share_right: float, off: float) -> None:
    truth, answers = drawn(1, share_right)
    (plain,) = plain_bootstrap(truth, answers)
    found = score_interval(truth, answers, CLASSES, rng())
    assert found.macro_f1.tolist() == pytest.approx(ends(plain.mean(1)), abs=0.015)
    for label in range(CLASSES):
        assert found.f1[label].tolist() == pytest.approx(ends(plain[:, label]), abs=off)


def by_definition(truth: Labels, answers: Labels, sets: Labels) -> NDArray[np.float64]:
    """F1 of each class, from precision and recall, in each of some test sets int[R, n] of places, float64[R, C]."""
    found = []
    for label in range(CLASSES):
        right = ((truth == label) & (answers == label))[sets].sum(1)
        precision, recall = right / (answers == label)[sets].sum(1), right / (truth == label)[sets].sum(1)
        found.append(2 * precision * recall / np.maximum(precision + recall, 1e-12))
    return np.stack(found, axis=1)


def test_the_change_is_that_of_both_rounds_on_the_same_resampled_sets_and_for_all_classes_together() -> None:
    truth, before = drawn(2, 0.5, n=600)
    after = np.where(np.random.default_rng(3).random(len(truth)) < 0.2, truth, before)
    sets = np.random.default_rng(99).integers(len(truth), size=(10_000, len(truth)))
    first, second = by_definition(truth, before, sets), by_definition(truth, after, sets)
    found = change_interval(truth, before, after, CLASSES, rng())
    assert found.macro_f1.tolist() == pytest.approx(ends((second - first).mean(1)), abs=0.003)
    for label in range(CLASSES):
        change = (second - first)[:, label]
        low, high = np.percentile(change, [2.5 / CLASSES, 100 - 2.5 / CLASSES])
        off = 0.25 * change.std()  # the ends of 95 % by itself are 0.43 standard deviations farther in
        assert found.f1[label].tolist() == pytest.approx([low, high], abs=off)
    unpaired = second.mean(1)[::-1] - first.mean(1)
    assert np.ptp(found.macro_f1) < 0.8 * np.ptp(ends(unpaired))


@pytest.mark.slow
def test_rounds_are_scored_on_the_same_resampled_sets() -> None:
    truth, first = drawn(1, 0.5)
    _, second = drawn(1, 0.8)
    scores = resampled_rounds(truth, [first, second, first, truth], CLASSES, rng())
    plain = plain_bootstrap(truth, first, second).mean(2)
    assert scores.shape[1] == 4
    assert np.array_equal(scores[:, 0], scores[:, 2]) and (scores[:, 3] == 1).all()
    assert scores[:, :2].mean(0) == pytest.approx(plain.mean(1), abs=0.01)
    assert (scores[:, 1] - scores[:, 0]).std() == pytest.approx((plain[1] - plain[0]).std(), rel=0.15)


def test_two_samples_by_hand() -> None:
    # Twice the right one (1 in 4): F1 is 1 and 0. One of each (2 in 4): 2/3 and 0. Twice the wrong one: 0 and 0.
    found = score_interval(np.array([0, 1]), np.array([0, 0]), 2, rng())
    assert found.macro_f1.tolist() == [0, 0.5]
    assert found.f1.tolist() == [[0, 1], [0, 0]]


def test_answers_that_are_all_right_leave_no_doubt() -> None:
    truth = np.repeat([0, 1], 50)
    found = score_interval(truth, truth, 2, rng())
    assert found.macro_f1.tolist() == [1, 1] and found.f1.tolist() == [[1, 1], [1, 1]]


def test_a_class_neither_there_nor_told_counts_as_0() -> None:
    truth = np.repeat([0, 2], 50)
    found = score_interval(truth, truth, 4, rng())
    assert found.macro_f1.tolist() == [0.5, 0.5]
    assert found.f1.tolist() == [[1, 1], [0, 0], [1, 1], [0, 0]]


def test_one_sample_is_drawn_again_and_again() -> None:
    assert score_interval(np.array([1]), np.array([1]), 2, rng()).f1.tolist() == [[0, 0], [1, 1]]
    assert score_interval(np.array([1]), np.array([0]), 2, rng()).macro_f1.tolist() == [0, 0]


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [[1] * 8, [28, 167, 13, 8, 27, 3, 4, 15]])
def test_between_equal_models_hardly_a_round_in_twenty_has_a_class_that_moved(sizes: list[int]) -> None:
    """Each class by itself at 95 % would call one up or down in about 30 of 100 rounds."""
    draws, classes, rounds, called = np.random.default_rng(7), len(sizes), 100, 0
    for _ in range(rounds):
        truth = draws.choice(classes, 400, p=np.array(sizes) / sum(sizes))
        before, after = (
            np.where(draws.random(400) < 0.7, truth, (truth + draws.integers(1, classes, 400)) % classes)
            for _ in range(2)
        )
        low, high = change_interval(truth, before, after, classes, draws).f1.T
        enough = np.bincount(truth, minlength=classes) >= 5
        called += bool((enough & ((low > 0) | (high < 0))).any())
    assert called / rounds <= 0.08


def test_the_same_answers_are_no_change() -> None:
    truth, answers = drawn(4, 0.6)
    found = change_interval(truth, answers, answers, CLASSES, rng())
    assert found.macro_f1.tolist() == [0, 0] and not found.f1.any()


def test_from_all_wrong_to_all_right_is_the_whole_way_and_back_is_below_0() -> None:
    truth, wrong = np.zeros(9, dtype=np.int64), np.ones(9, dtype=np.int64)
    there, back = change_interval(truth, wrong, truth, 2, rng()), change_interval(truth, truth, wrong, 2, rng())
    assert (there.macro_f1.tolist(), there.f1.tolist()) == ([0.5, 0.5], [[1, 1], [0, 0]])
    assert (back.macro_f1.tolist(), back.f1.tolist()) == ([-0.5, -0.5], [[-1, -1], [0, 0]])


def test_the_order_of_the_samples_does_not_matter_and_the_generator_alone_does() -> None:
    truth, answers = drawn(5, 0.6)
    shuffled = rng().permutation(len(truth))
    first, second = (
        score_interval(truth, answers, CLASSES, rng()),
        score_interval(truth[shuffled], answers[shuffled], 3, rng()),
    )
    assert (first.macro_f1 == second.macro_f1).all() and (first.f1 == second.f1).all()
    assert (score_interval(truth, answers, CLASSES, np.random.default_rng(1)).macro_f1 != first.macro_f1).any()


def test_a_document_names_the_classes() -> None:
    truth = np.repeat([0, 1], 50)
    assert score_interval(truth, truth, 2, rng()).as_dict(["a", "b"]) == {
        "macro_f1": [1.0, 1.0],
        "f1": {"a": [1.0, 1.0], "b": [1.0, 1.0]},
    }
