"""Scores of a classifier on a test set."""

from __future__ import annotations

import warnings
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
    from sklearn import metrics

    return float(metrics.f1_score(truth, predicted, labels=range(classes), average="macro", zero_division=0))


def score(probabilities: NDArray[np.float32], truth: NDArray[np.int64]) -> ScoreValues:
    """Score class probabilities float[n, C] against the truth int[n].

    Balanced accuracy is the mean recall over the classes with samples. AUROC is one-vs-rest, None for a class with no
    sample or all samples, and averaged over the other classes. Rows of `confusion` are the truth.
    """
    from sklearn import metrics

    classes = probabilities.shape[1]
    predicted = probabilities.argmax(1)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=range(classes), zero_division=0
    )
    auroc = [_one_vs_rest(probabilities[:, c], truth == c) for c in range(classes)]
    known = [value for value in auroc if value is not None]
    return ScoreValues(
        macro_f1=float(f1.mean()),
        balanced_accuracy=float(recall[support > 0].mean()) if len(truth) else 0.0,
        accuracy=float((predicted == truth).mean()) if len(truth) else 0.0,
        mcc=_mcc(truth, predicted),
        auroc=float(np.mean(known)) if known else None,
        precision=precision.tolist(),
        recall=recall.tolist(),
        f1=f1.tolist(),
        auroc_per_class=auroc,
        support=support.tolist(),
        confusion=metrics.confusion_matrix(truth, predicted, labels=range(classes)).tolist(),
    )


def _one_vs_rest(probability: NDArray[np.float32], is_class: NDArray[np.bool_]) -> float | None:
    from sklearn import metrics

    if is_class.all() or not is_class.any():
        return None
    return float(metrics.roc_auc_score(is_class, probability))


def _mcc(truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    from sklearn import metrics

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(metrics.matthews_corrcoef(truth, predicted))


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Class probabilities float32[n, C] of logits float32[n, C]."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    shares: NDArray[np.float32] = powers / powers.sum(1, keepdims=True)
    return shares


def cross_entropy(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Each sample's cross-entropy with its label, float32[n]."""
    below = (logits - logits.max(1, keepdims=True)).astype(np.float64)
    exact = np.log(np.exp(below).sum(1)) - below[np.arange(len(labels)), labels]
    loss: NDArray[np.float32] = exact.astype(np.float32)
    return loss
