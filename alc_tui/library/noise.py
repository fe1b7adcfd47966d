"""Label noise for experiments, on plain arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alc_tui.data.noise import injection, instance
from alc_tui.data.random_streams import random_stream
from alc_tui.data.ranges import check_number
from alc_tui.errors import UsageError
from alc_tui.library.arrays import check_count, to_inputs, to_labels, to_numbers
from alc_tui.library.ranges import check_ranges


def inject_noise(
    labels: ArrayLike,
    rate: float = 0.0,
    *,
    kind: str = "uniform",
    classes: int | None = None,
    seed: int = 0,
    exempt: Sequence[int] = (),
    matrix: ArrayLike | None = None,
    inputs: ArrayLike | None = None,
) -> NDArray[np.int64]:
    """The labels after noise injection, int64[n].

    labels: int[n], class indices starting at 0.
    rate: p in [0, 1), the share of labels that flip. The kind `matrix` does not use it.
    kind: `uniform` (one of the other classes, each equally likely: the paper's noise), `pair` (the next class),
        `instance` (harder samples flip more often, at mean rate p; based on Xia et al. 2020), or `matrix`.
    classes: C; the highest label plus 1 if omitted.
    seed: the same seed and labels produce the same noise as in a session.
    exempt: classes whose samples keep their label.
    matrix: float[C, C] for the kind `matrix`; row = label before, column = label after, rows sum to 1.
    inputs: images or features (see `fit`) for the kind `instance`.

    Raises UsageError for an unknown kind, a rate or a seed out of range, or a missing matrix or inputs.
    """
    check_ranges(seed=seed)
    check_number("rate", rate)
    given = to_labels(labels, classes)
    count = classes if classes is not None else int(given.max(initial=0)) + 1
    return injection.inject(
        given,
        count,
        rate,
        kind,
        random_stream(seed, "noise"),
        exempt=to_labels([*exempt], count, "exempt").tolist(),
        matrix=None if matrix is None else _matrix(matrix, count),
        features=None if inputs is None else _features(inputs, len(given)),
    )


def _matrix(values: ArrayLike, classes: int) -> NDArray[np.float64]:
    matrix: NDArray[np.float64] = to_numbers(values, "matrix").astype(np.float64)
    if matrix.shape != (classes, classes):
        raise UsageError(f"`matrix` has shape {matrix.shape}; pass an array of shape [{classes}, {classes}].")
    wrong = ~(((matrix >= 0) & (matrix <= 1)).all(1) & (np.abs(matrix.sum(1) - 1) <= 1e-6))
    if wrong.any():
        row = int(wrong.argmax())
        raise UsageError(f"Row {row} of `matrix` is {matrix[row].tolist()}; pass probabilities that sum to 1.")
    return matrix


def _features(values: ArrayLike, count: int) -> NDArray[np.float64]:
    """Features for instance-dependent noise, float64[n, D]: features unchanged, images as thumbnails."""
    inputs = to_inputs(values)
    check_count("inputs", len(inputs), count)
    if inputs.dtype == np.uint8:
        return instance.thumbnails(inputs.astype(np.uint8, copy=False), np.arange(count))
    return inputs.astype(np.float64)
