"""Ranking samples for relabeling with any sampler, on plain arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alc_tui.active import ranking
from alc_tui.active.samplers import Pool, Ranking
from alc_tui.active.samplers.random_order import RANDOM_ORDER_STREAM
from alc_tui.data.random_streams import random_stream
from alc_tui.data.ranges import check_number
from alc_tui.errors import UsageError
from alc_tui.library.arrays import check_count, to_labels, to_mask, to_numbers, to_probabilities
from alc_tui.library.ranges import check_ranges

REQUIRED_INPUT = {
    "coreset": "features",
    "badge": "features",
    "joint": "labels",
    "self-confidence": "labels",
    "normalized-margin": "labels",
    "rarity": "labels",
    "peers": "peer2",
    "bald": "dropout",
}
"""The input that a sampler requires besides the probabilities of peer 1."""


def rank(
    sampler: str,
    probabilities: ArrayLike,
    *,
    count: int | None = None,
    labels: ArrayLike | None = None,
    features: ArrayLike | None = None,
    clean: ArrayLike | None = None,
    candidates: ArrayLike | None = None,
    peer2: ArrayLike | None = None,
    dropout: ArrayLike | None = None,
    seed: int = 0,
) -> Ranking:
    """Rank samples for relabeling with a sampler.

    sampler: a name in `SAMPLERS`; the docstrings of its functions give the formula, unit, and paper.
    probabilities: float[n, C], class probabilities by any model, preferably of images that are not augmented.
    count: how many samples to return; all candidates if omitted.
    labels: int[n], the given labels; needed by joint, self-confidence and normalized-margin, and by rarity, which takes
    the class shares from those of the clean samples, or from all if none are clean.
    features: float[n, D]; coreset and badge measure distances between them.
    clean: bool[n] or positions, the samples selected as clean, which are coreset's initial centers; none if omitted.
    candidates: bool[n] or positions, the samples to rank; all but the clean ones if omitted.
    peer2: float[n, C], class probabilities by the second peer; needed by peers, which compares them with
    `probabilities`, those of the first.
    dropout: float[T, n, C], class probabilities in T passes with dropout; needed by bald.
    seed: for random and badge, which draw the same as in a session with that seed.

    Returns a `Ranking`: order int64[k], positions among the n samples, first to last, and scores float64[k], in the
    unit of the sampler. Raises UsageError for an unknown sampler, and for a missing or mismatched array.
    """
    if not isinstance(sampler, str):
        raise UsageError(f"`sampler` is {sampler!r}; pass a name from `SAMPLERS`.")
    if count is not None:
        check_number("count", count, whole=True)
    available = {"features": features, "labels": labels, "peer2": peer2, "dropout": dropout}
    required = REQUIRED_INPUT.get(sampler)
    if required is not None and available[required] is None:
        raise UsageError(f"The sampler {sampler!r} needs `{required}`; pass it, or choose another sampler.")
    check_ranges(seed=seed)
    p = to_probabilities(probabilities)
    n, classes = p.shape
    if classes < 2:
        raise UsageError(f"`probabilities` has shape {p.shape}; pass a column for each of 2 classes or more.")
    is_clean = np.zeros(n, dtype=np.bool_) if clean is None else to_mask(clean, n, "clean")
    is_candidate = ~is_clean if candidates is None else to_mask(candidates, n, "candidates")
    given = None if labels is None else to_labels(labels, classes)
    if given is not None:
        check_count("labels", len(given), n)
    rows = None if features is None else _features(features, n)
    pool = Pool(
        probabilities=p,
        features=rows,
        given=given,
        centers=None if rows is None else rows[is_clean],
        random_order=random_stream(seed, RANDOM_ORDER_STREAM).permutation(n),
        peer2=None if peer2 is None else to_probabilities(peer2, (n, classes), "peer2"),
        dropout=None if dropout is None else to_probabilities(dropout, (None, n, classes), "dropout"),
        rng=random_stream(seed, "badge", 0),
        class_counts=None
        if given is None
        else np.bincount(given[is_clean] if is_clean.any() else given, minlength=classes),
    )
    return ranking.rank(sampler, pool.among(is_candidate), int(is_candidate.sum()) if count is None else count)


def _features(values: ArrayLike, count: int) -> NDArray[np.float32]:
    features: NDArray[np.float32] = to_numbers(values, "features").astype(np.float32)
    if features.ndim != 2 or len(features) != count:
        raise UsageError(f"`features` has shape {features.shape}; pass float[{count}, D], a row per sample.")
    if not np.isfinite(features).all():
        raise UsageError(f"`features` holds {features[~np.isfinite(features)][0]}; pass finite numbers.")
    return features
