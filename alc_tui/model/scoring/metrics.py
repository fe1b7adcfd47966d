"""Scores of a classifier on a test set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray


class ScoreValues(TypedDict):
    """The scores of one set of predictions. Lists are in the order of the classes; None means undefined."""

    macro_f1: float
    balanced_accuracy: float
    accuracy: float
    mcc: float
    auroc: float | None
    precision: list[float]
    recall: list[float]
    f1: list[float]
    auroc_per_class: list[float | None]
    support: list[int]
    confusion: list[list[int]]


def macro_f1(predicted: NDArray[np.int64], truth: NDArray[np.int64], classes: int) -> float:
    """Mean F1 over all declared classes, in [0, 1]; 0 for a class that is neither true nor predicted for any sample."""
    return float(_f1(confusion_matrix(predicted, truth, classes)).mean())


def score(probabilities: NDArray[np.float32], truth: NDArray[np.int64]) -> ScoreValues:
    """Score class probabilities float[n, C] against the truth int[n].

    Balanced accuracy is the mean recall over the classes with samples. AUROC is one-vs-rest, None for a class with no
    sample or all samples, and averaged over the other classes. Rows of `confusion` are the truth.
    """
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(1)
    confusion = confusion_matrix(predicted, truth, classes)
    right, support = confusion.diagonal(), confusion.sum(1)
    recall, f1 = _ratios(right, support), _f1(confusion)
    auroc = [_one_vs_rest(probabilities[:, c], truth == c) for c in range(classes)]
    known = [value for value in auroc if value is not None]
    return ScoreValues(
        macro_f1=float(f1.mean()),
        balanced_accuracy=float(recall[support > 0].mean()) if len(truth) else 0.0,
        accuracy=float((predicted == truth).mean()) if len(truth) else 0.0,
        mcc=_matthews(confusion),
        auroc=float(np.mean(known)) if known else None,
        precision=_ratios(right, confusion.sum(0)).tolist(),
        recall=recall.tolist(),
        f1=f1.tolist(),
        auroc_per_class=auroc,
        support=support.tolist(),
        confusion=confusion.tolist(),
    )


def confusion_matrix(predicted: NDArray[np.int64], truth: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """How many samples of each true class (rows) were predicted as each class (columns), int64[C, C]."""
    pairs: NDArray[np.int64] = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return pairs.reshape(classes, classes)


def _ratios(numerators: NDArray[np.int64], denominators: NDArray[np.int64]) -> NDArray[np.float64]:
    """0 where both are 0."""
    ratios: NDArray[np.float64] = numerators / np.maximum(denominators, 1)
    return ratios


def _f1(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    return _ratios(2 * confusion.diagonal(), confusion.sum(0) + confusion.sum(1))


def _one_vs_rest(probability: NDArray[np.float32], is_class: NDArray[np.bool_]) -> float | None:
    """The area below the ROC curve, whose points are the thresholds between different probabilities."""
    if is_class.all() or not is_class.any():
        return None
    order = np.argsort(-probability, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(probability[order])), len(order) - 1)
    right = is_class[order].cumsum()[ends]
    wrong = ends + 1 - right
    corners = np.ones(len(ends), dtype=np.bool_)
    corners[1:-1] = (np.diff(right, 2) != 0) | (np.diff(wrong, 2) != 0)
    recall, false_alarms = (np.append(0.0, counts[corners] / counts[-1]) for counts in (right, wrong))
    return float(np.trapezoid(recall, false_alarms))


def _matthews(confusion: NDArray[np.int64]) -> float:
    """The correlation of the predictions with the truth, in [-1, 1] (Gorodkin 2004); 0 if one of them is constant."""
    counts = confusion.astype(np.float64)
    true, told, total = counts.sum(1), counts.sum(0), counts.sum()
    spread = (total**2 - told @ told) * (total**2 - true @ true)
    return float((counts.trace() * total - true @ told) / np.sqrt(spread)) if spread else 0.0


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Class probabilities float32[n, C] of logits float32[n, C]."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    shares: NDArray[np.float32] = powers / powers.sum(1, keepdims=True)
    return shares


def mean_softmax(logits: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The mean class probabilities float32[n, C] of K ≥ 1 networks, from the logits float32[n, C] of each."""
    mean: NDArray[np.float32] = np.stack([softmax(each) for each in logits]).mean(0)
    return mean


def cross_entropy(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Each sample's cross-entropy with its label, float32[n]."""
    below = (logits - logits.max(1, keepdims=True)).astype(np.float64)
    exact = np.log(np.exp(below).sum(1)) - below[np.arange(len(labels)), labels]
    loss: NDArray[np.float32] = exact.astype(np.float32)
    return loss
