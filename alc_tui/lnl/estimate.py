"""Estimates an unknown noise rate from predictions for samples that the networks have not seen (`OutOfFold`).

With clean validation labels, the networks' accuracy a is known, and how often they agree with the given labels gives
the rate. Without, or if their class shares differ, or if they look noisy themselves, the most confident predictions are
taken as right: the rate is what they disagree with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from alc_tui.data.random_streams import random_stream
from alc_tui.lnl.bases import CONFIDENCE, NOISY, SHIFTED, VALIDATION
from alc_tui.model.scoring.metrics import softmax

MAX_RATE = 0.9
ROUNDING = 1e-9
"""By how much C times the accuracy of chance, which is 1, may be off."""
LEVEL = 0.95
DRAWS = 1000
"""Bootstrap draws of the interval."""
CONFIDENT = 0.05
"""Share of the predictions that count as confident."""


@dataclass(frozen=True)
class NoiseEstimate:
    """The share of wrong labels, in [0, 0.9], and the interval in which it probably is.

    basis: `validation` (accuracy on clean validation labels; the interval is a 95 % one of chance), `confidence` (no
    such labels; the interval spans what different assumptions give), `shifted` (as `confidence`, because the class
    shares of the clean labels differ from those of training), or `noisy` (as `confidence`, because the validation
    labels look noisy).
    """

    rate: float
    low: float
    high: float
    basis: str


def noise_rate(agreement: float, accuracy: float, classes: int) -> float:
    """p, solved from g = a·(1 − p) + (1 − a)·p / (C − 1) and clamped to [0, MAX_RATE].

    Wrong labels and wrong predictions are assumed to spread evenly over the other classes. agreement: g, the share of
    out-of-fold predictions that equal the given label. accuracy: a, the share of predictions that equal the true label.
    A network no better than chance is not informative about the labels: returns MAX_RATE.
    """
    if accuracy * classes <= 1 + ROUNDING:
        return MAX_RATE
    by_chance = (1 - accuracy) / (classes - 1)
    return round(min(max((accuracy - agreement) / (accuracy - by_chance), 0.0), MAX_RATE), 3)


def estimate_from_predictions(
    logits: NDArray[np.float32],
    given: NDArray[np.int64],
    held_out: NDArray[np.float32],
    clean_labels: NDArray[np.int64] | None,
    seed: int,
    trusted: bool = False,
) -> NoiseEstimate:
    """The estimate that the labels at hand allow: by validation if there are clean labels of a held-out set whose class
    shares do not differ from those of the training set (`shares_differ`), else by confidence.

    With labels as noisy as those of the training set, the rate by validation is near 0, because the networks agree with
    both equally often. So labels count as noisy if the interval by confidence is above that by validation.

    logits: float32[n, C], out-of-fold, and given: int64[n], of the training samples. held_out: float32[2, m, C], logits
    of both networks for samples that neither has seen. clean_labels: int64[m], their true labels, None if unknown.
    seed: of the interval. trusted: whether those labels are clean for certain.
    """
    classes, predicted, of_held_out = logits.shape[1], logits.argmax(1), held_out.argmax(2)
    if clean_labels is None:
        return estimate_by_confidence(logits, given, of_held_out)
    if shares_differ(predicted, of_held_out, classes):
        return replace(estimate_by_confidence(logits, given, of_held_out), basis=SHIFTED)
    by_validation = estimate_by_validation(predicted, given, of_held_out, clean_labels, classes, seed)
    if trusted:
        return by_validation
    by_confidence = estimate_by_confidence(logits, given, of_held_out)
    return replace(by_confidence, basis=NOISY) if by_confidence.low > by_validation.high else by_validation


def estimate_by_validation(
    predicted: NDArray[np.int64],
    given: NDArray[np.int64],
    held_out: NDArray[np.int64],
    labels: NDArray[np.int64],
    classes: int,
    seed: int,
) -> NoiseEstimate:
    """The estimate with clean validation labels from the same classes in the same shares (`shares_differ`).

    predicted, given: int64[n], out-of-fold predictions and given labels of the training samples. held_out: int64[2, m],
    predictions of both networks for the validation samples. labels: int64[m], their true labels. seed: of the bootstrap
    (Efron and Tibshirani 1993) that gives the interval.
    """
    correct, agreement, n = (held_out == labels).mean(0), float((predicted == given).mean()), len(given)
    rng = random_stream(seed, "noise interval")
    accuracies = correct[rng.integers(len(labels), size=(DRAWS, len(labels)))].mean(1)
    agreements = rng.binomial(n, agreement, DRAWS) / n
    rates = [noise_rate(g, a, classes) for g, a in zip(agreements.tolist(), accuracies.tolist(), strict=True)]
    low, high = np.quantile(rates, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    rate = noise_rate(agreement, float(correct.mean()), classes)
    return NoiseEstimate(rate, round(min(low, rate), 3), round(max(high, rate), 3), VALIDATION)


def shares_differ(predicted: NDArray[np.int64], held_out: NDArray[np.int64], classes: int) -> bool:
    """Whether the class shares of the training set and the validation set differ, as far as the networks can tell.

    Compares how often each class is predicted for unseen samples of both sets (black-box shift detection: Lipton, Wang
    and Smola 2018; chi-squared test at 5 %). For the arguments, see `estimate_by_validation`.
    """
    from scipy import stats

    of_held_out = np.bincount(held_out.ravel(), minlength=classes) / len(held_out)
    counts = np.stack([of_held_out, np.bincount(predicted, minlength=classes)])
    counts = counts[:, counts.any(0)]
    return counts.shape[1] > 1 and bool(stats.chi2_contingency(counts).pvalue < 1 - LEVEL)


def estimate_by_confidence(
    logits: NDArray[np.float32], given: NDArray[np.int64], held_out: NDArray[np.int64]
) -> NoiseEstimate:
    """The estimate without clean labels: the smaller of two rates that both tend to be too high.

    The share of the most confident predictions that differ from the given label (anchor points: Liu and Tao 2016), and
    the rate by how often two networks agree (`accuracy_by_agreement`), which is also the upper end of the interval. Its
    lower end is `least_rate`.

    logits: float32[n, C], out-of-fold. given: int64[n]. held_out: int64[2, m], m ≥ 1, predictions of both networks for
    samples that neither has seen.
    """
    classes, predicted = logits.shape[1], logits.argmax(1)
    differs = predicted != given
    confident = np.argsort(-softmax(logits).max(1), kind="stable")[: max(round(CONFIDENT * len(given)), 1)]
    by_anchors = min(round(float(differs[confident].mean()), 3), MAX_RATE)
    accuracy = accuracy_by_agreement(held_out[0], held_out[1], classes)
    by_agreement = noise_rate(float(1 - differs.mean()), accuracy, classes)
    rate = min(by_anchors, by_agreement)
    return NoiseEstimate(rate, min(least_rate(logits, given), rate), by_agreement, CONFIDENCE)


def accuracy_by_agreement(first: NDArray[np.int64], second: NDArray[np.int64], classes: int) -> float:
    """a, solved from c = a² + (1 − a)² / (C − 1), where c is the share of samples on which two networks agree.

    first, second: int64[m], predictions of two equally accurate networks with independent errors. If their errors are
    correlated, they agree more often, and a and p are overestimated.
    """
    others = classes - 1
    agreement = float((first == second).mean())
    discriminant = max(1 - (others + 1) * (1 - others * agreement), 0.0)
    return (1 + math.sqrt(discriminant)) / (others + 1)


def least_rate(logits: NDArray[np.float32], given: NDArray[np.int64]) -> float:
    """The lower 95 % limit of p by maximum likelihood in a model of the given labels,

        P(given = c | x) = (1 − p)·q_c + p·(1 − q_c) / (C − 1),  q = softmax(s·z + b),

    where z are the out-of-fold logits of x. Scale s > 0 and biases b calibrate the network to the true labels (Guo et
    al. 2017; Alexandari, Kundaje and Shrikumar 2020); p is the noise layer of Sukhbaatar et al. 2015 for uniform noise.
    The limit is Wald's, on the scale of log(p / (1 − p)). Too low for other noise, whose structure q can take on.

    logits: float32[n, C]. given: int64[n]. Returns 0 if the logits do not tell the given labels apart better
    than the class shares alone do.
    """
    from scipy import optimize, special, stats

    classes = logits.shape[1]
    centered = torch.from_numpy(logits - logits.mean(1, keepdims=True)).double()
    centered /= centered.std() + 1e-12
    labels = torch.from_numpy(given)

    def negative_log_likelihood(theta: torch.Tensor) -> torch.Tensor:
        """theta: log p/(1 − p), log s, b_1 … b_(C−1)."""
        p, biases = theta[0].sigmoid(), torch.cat([theta[2:], theta.new_zeros(1)])
        q = (theta[1].exp() * centered + biases).softmax(1).gather(1, labels[:, None])[:, 0]
        loss: torch.Tensor = -((1 - p) * q + p * (1 - q) / (classes - 1) + 1e-300).log().sum()
        return loss

    def with_gradient(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        theta = torch.from_numpy(values).requires_grad_()
        loss = negative_log_likelihood(theta)
        loss.backward()
        assert theta.grad is not None
        return loss.item(), theta.grad.numpy()

    starts = [np.array([p, s, *[0.0] * (classes - 1)]) for p in (-3.0, 0.0) for s in (0.0, 1.5)]
    bounds = [(-12.0, 6.0), (-6.0, 6.0), *[(-30.0, 30.0)] * (classes - 1)]
    fits = [optimize.minimize(with_gradient, start, jac=True, method="L-BFGS-B", bounds=bounds) for start in starts]
    best = min(fits, key=lambda fit: float(fit.fun))
    shares = np.bincount(given, minlength=classes) / len(given)
    by_shares = -float(np.log(shares[given]).sum())
    if 2 * (by_shares - best.fun) < stats.chi2.ppf(LEVEL, df=2):
        return 0.0
    hessian = torch.autograd.functional.hessian(negative_log_likelihood, torch.from_numpy(best.x))
    spread = float(np.sqrt(max(np.linalg.pinv(hessian.numpy())[0, 0], 0.0)))
    limit = float(special.expit(best.x[0] - stats.norm.ppf((1 + LEVEL) / 2) * spread))
    return round(min(limit, MAX_RATE), 3)
