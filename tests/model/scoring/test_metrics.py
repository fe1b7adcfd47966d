from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics

from alc_tui.model.scoring.metrics import cross_entropy, macro_f1, mean_softmax, score, softmax

PREDICTED = np.array([0, 0, 1, 1, 1, 0])
TRUTH = np.array([0, 0, 0, 1, 1, 1])


def as_probabilities(predicted: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    return (0.1 / classes + 0.9 * np.eye(classes)[predicted]).astype(np.float32)


def test_scores_by_hand_with_a_class_that_is_neither_there_nor_predicted() -> None:
    scores = score(as_probabilities(PREDICTED, 3), TRUTH)
    assert scores["confusion"] == [[2, 1, 0], [1, 2, 0], [0, 0, 0]]
    assert scores["precision"] == pytest.approx([2 / 3, 2 / 3, 0])
    assert scores["recall"] == pytest.approx([2 / 3, 2 / 3, 0])
    assert scores["f1"] == pytest.approx([2 / 3, 2 / 3, 0])
    assert scores["macro_f1"] == pytest.approx(4 / 9)
    assert scores["balanced_accuracy"] == pytest.approx(2 / 3)
    assert scores["accuracy"] == pytest.approx(4 / 6)
    assert scores["support"] == [3, 3, 0]
    assert scores["auroc_per_class"] == pytest.approx([2 / 3, 2 / 3, None])
    assert scores["auroc"] == pytest.approx(2 / 3)
    assert scores["mcc"] == pytest.approx(1 / 3)  # of two classes: (2·2 − 1·1) / √(3·3·3·3)


def test_a_class_predicted_but_not_there_has_no_recall_and_costs_macro_f1() -> None:
    scores = score(as_probabilities(np.array([0, 2, 1, 1]), 3), np.array([0, 0, 1, 1]))
    assert scores["precision"] == [1, 1, 0] and scores["recall"] == [0.5, 1, 0]
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert scores["balanced_accuracy"] == pytest.approx(0.75)


def test_rows_of_the_confusion_matrix_are_the_truth() -> None:
    scores = score(as_probabilities(np.array([1, 1, 1, 0]), 2), np.array([0, 0, 1, 1]))
    assert scores["confusion"] == [[0, 2], [1, 1]]


def test_macro_f1_is_over_all_declared_classes() -> None:
    assert macro_f1(PREDICTED, TRUTH, 2) == pytest.approx(2 / 3)
    assert macro_f1(PREDICTED, TRUTH, 8) == pytest.approx((2 / 3 + 2 / 3) / 8)
    assert macro_f1(TRUTH, TRUTH, 2) == 1


def slow_mcc(truth: list[int], predicted: list[int], classes: int) -> float:
    """Gorodkin 2004: the correlation of the one-hot tables of truth and prediction."""
    n = len(truth)

    def covariance(one: list[int], other: list[int]) -> float:
        total = 0.0
        for c in range(classes):
            mean_one, mean_other = sum(k == c for k in one) / n, sum(k == c for k in other) / n
            total += sum(((a == c) - mean_one) * ((b == c) - mean_other) for a, b in zip(one, other, strict=True)) / n
        return total

    spread = covariance(truth, truth) * covariance(predicted, predicted)
    return covariance(truth, predicted) / math.sqrt(spread) if spread > 0 else 0.0


def slow_auroc(probability: list[float], is_class: list[bool]) -> float | None:
    """The share of pairs, one of the class and one not, in which the one of the class is more probable; ties half."""
    inside = [p for p, yes in zip(probability, is_class, strict=True) if yes]
    outside = [p for p, yes in zip(probability, is_class, strict=True) if not yes]
    if not inside or not outside:
        return None
    return sum((a > b) + 0.5 * (a == b) for a in inside for b in outside) / (len(inside) * len(outside))


def slow_f1(truth: list[int], predicted: list[int], c: int) -> float:
    both = sum(t == c and p == c for t, p in zip(truth, predicted, strict=True))
    either = sum(t == c for t in truth) + sum(p == c for p in predicted)
    return 2 * both / either if either else 0.0


@pytest.mark.parametrize("seed", range(15))
def test_scores_are_what_their_definitions_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    classes, n = int(rng.integers(2, 6)), int(rng.integers(2, 40))
    truth = rng.integers(max(1, classes - seed % 3), size=n)
    probabilities = rng.integers(1, 6, size=(n, classes)).astype(np.float32)
    probabilities /= probabilities.sum(1, keepdims=True)
    predicted = [max(range(classes), key=lambda c: row[c]) for row in probabilities.tolist()]
    scores = score(probabilities, truth)
    f1 = [slow_f1(truth.tolist(), predicted, c) for c in range(classes)]
    auroc = [slow_auroc(probabilities[:, c].tolist(), (truth == c).tolist()) for c in range(classes)]
    known = [value for value in auroc if value is not None]
    assert scores["f1"] == pytest.approx(f1) and scores["macro_f1"] == pytest.approx(sum(f1) / classes)
    assert macro_f1(np.array(predicted), truth, classes) == pytest.approx(sum(f1) / classes)
    assert scores["mcc"] == pytest.approx(slow_mcc(truth.tolist(), predicted, classes), abs=1e-9)
    assert scores["auroc_per_class"] == pytest.approx(auroc)
    assert scores["auroc"] == (pytest.approx(sum(known) / len(known)) if known else None)


@pytest.mark.parametrize("seed", range(20))
def test_scores_are_those_of_scikit_learn_digit_by_digit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, classes = int(rng.choice([20, 60, 400])), int(rng.integers(2, 9))
    exact = rng.dirichlet(np.full(classes, 0.3), n).astype(np.float32)
    probabilities, truth = exact.round(1) if seed % 2 else exact, rng.integers(classes, size=n)
    predicted, scores = probabilities.argmax(1), score(probabilities, truth)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=range(classes), zero_division=0
    )
    assert (scores["precision"], scores["recall"]) == (precision.tolist(), recall.tolist())
    assert (scores["f1"], scores["support"]) == (f1.tolist(), support.tolist())
    assert scores["macro_f1"] == macro_f1(predicted, truth, classes) == f1.mean()
    assert scores["confusion"] == metrics.confusion_matrix(truth, predicted, labels=range(classes)).tolist()
    assert scores["mcc"] == metrics.matthews_corrcoef(truth, predicted)
    for c in set(truth.tolist()):
        assert scores["auroc_per_class"][c] == metrics.roc_auc_score(truth == c, probabilities[:, c])


def test_an_empty_test_set_scores_0() -> None:
    scores = score(np.empty((0, 3), dtype=np.float32), np.empty(0, dtype=np.int64))
    assert (scores["macro_f1"], scores["accuracy"], scores["mcc"], scores["auroc"]) == (0, 0, 0, None)


def test_a_test_set_of_one_class_is_scored_without_a_warning_and_without_auroc() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = score(as_probabilities(np.array([1, 1]), 2), np.array([1, 1]))
    assert scores["auroc"] is None and scores["auroc_per_class"] == [None, None]
    assert scores["mcc"] == 0 and scores["balanced_accuracy"] == 1 and scores["macro_f1"] == 0.5


def test_equal_probabilities_go_to_the_first_class() -> None:
    assert score(np.full((2, 3), 1 / 3, np.float32), np.array([0, 2]))["confusion"] == [[1, 0, 0], [0, 0, 0], [1, 0, 0]]


LOGITS = np.array([[0.0, math.log(3)], [1000.0, 0.0], [-1000.0, -1000.0]], np.float32)


def test_softmax_by_hand_also_where_powers_would_overflow() -> None:
    assert np.allclose(softmax(LOGITS), np.array([[0.25, 0.75], [1, 0], [0.5, 0.5]]))
    assert softmax(LOGITS).dtype == np.float32


def test_mean_softmax_is_the_mean_of_the_networks_probabilities() -> None:
    mean = mean_softmax([LOGITS, LOGITS[:, ::-1], LOGITS])
    assert np.allclose(mean, np.array([[5 / 12, 7 / 12], [2 / 3, 1 / 3], [0.5, 0.5]]))
    assert mean.dtype == np.float32


def test_cross_entropy_by_hand_also_where_powers_would_overflow() -> None:
    losses = cross_entropy(LOGITS, np.array([0, 1, 1]))
    assert losses.tolist() == pytest.approx([math.log(4), 1000, math.log(2)])
    assert losses.dtype == np.float32


def test_small_losses_keep_their_digits_beside_large_logits() -> None:
    logits = np.array([[100.0, 88.0], [100.0, 88.001]], np.float32)
    losses = cross_entropy(logits, np.array([0, 0]))
    assert losses.tolist() == pytest.approx([math.log1p(math.exp(-12)), math.log1p(math.exp(-11.999))], rel=1e-4)
    assert losses[0] < losses[1]
