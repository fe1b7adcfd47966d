"""Label noise that depends on the image: labels of harder images flip more often, and toward the classes that they
resemble.

Based on the instance-dependent noise of Xia et al. 2020 (Part-dependent Label Noise: Toward Instance-dependent Label
Noise). Needs no network: an image's features are the pixels of a small thumbnail. Accesses no files.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 8
"""Pixels per side of the thumbnails."""
SPREAD = 0.1
"""Standard deviation of the flip rates before truncation."""


def thumbnails(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean colors of SIDE × SIDE blocks of the images at `rows`, float64[n, SIDE·SIDE·3].

    pixels: uint8[*, S, S, 3]. rows: int64[n].
    """
    small = np.empty((len(rows), SIDE, SIDE, 3))
    for position, row in enumerate(rows):
        small[position] = np.asarray(Image.fromarray(pixels[row]).resize((SIDE, SIDE), Image.Resampling.BOX))
    return small.reshape(len(rows), -1)


def flip(
    labels: NDArray[np.int64], classes: int, rate: float, features: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """The labels after instance-dependent noise, int64[n].

    labels: int64[n] in [0, classes − 1], classes ≥ 2. rate: p, 0 < p < 1, the mean flip rate. features: float64[n, D].

    Sample i keeps its label y with probability 1 − q_i, and flips to class c ≠ y with probability q_i ·
    softmax_c(x_i·W_y) over the wrong classes; x is standardized per feature, and each W_y, float64[D, classes], is
    drawn once from N(0, 1). The n rates q come from `flip_rates`. Xia et al. assign them at random; here, harder images
    get higher rates (see `hardness`).
    """
    standardized = _standardize(features)
    rates = np.empty(len(labels))
    rates[np.argsort(hardness(standardized, labels), kind="stable")] = np.sort(flip_rates(len(labels), rate, rng))
    weights = rng.standard_normal((classes, standardized.shape[1], classes))
    logits = np.full((len(labels), classes), -np.inf)
    for label in range(classes):
        logits[labels == label] = standardized[labels == label] @ weights[label]
    logits[np.arange(len(labels)), labels] = -np.inf
    flipped = rng.random(len(labels)) < rates
    # The argmax of logits with Gumbel noise is a sample from their softmax.
    wrong = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    return np.where(flipped, wrong, labels).astype(np.int64)


def flip_rates(count: int, rate: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """`count` rates from N(p, SPREAD²), float64[count], truncated symmetrically at the end of [0, 1] nearer to p.

    Symmetric truncation keeps the mean at p: truncated at 0 and 1, the mean would be 0.10 for p = 0.05.
    """
    reach = min(rate, 1 - rate)
    normal = NormalDist(rate, SPREAD)
    quantiles = rng.uniform(normal.cdf(rate - reach), normal.cdf(rate + reach), count)
    drawn: NDArray[np.float64] = np.array([normal.inv_cdf(quantile) for quantile in quantiles])
    return drawn.clip(rate - reach, rate + reach)


def hardness(features: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """A sample's distance from the mean of its own class minus its distance from the nearest other class mean,
    float64[n].

    features: float64[n, D]. labels: int64[n]. Classes without samples have no mean; 0 if only one class has samples.
    """
    present, own = np.unique(labels, return_inverse=True)
    if len(present) < 2:
        return np.zeros(len(labels))
    means = np.stack([features[labels == label].mean(axis=0) for label in present])
    distances = np.stack([np.linalg.norm(features - mean, axis=1) for mean in means], axis=1)
    to_own = distances[np.arange(len(labels)), own].copy()
    distances[np.arange(len(labels)), own] = np.inf
    return np.asarray(to_own - distances.min(axis=1))


def _standardize(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale each feature to mean 0 and standard deviation 1; a constant feature becomes 0."""
    centered = features - features.mean(axis=0)
    spread = centered.std(axis=0)
    return np.asarray(centered / np.where(spread > 0, spread, 1))
