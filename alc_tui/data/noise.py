"""Label noise for benchmarks: labels made wrong on purpose. Knows no files but a matrix's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alc_tui.data import noise_instance
from alc_tui.data.tables import Table, read_table
from alc_tui.errors import UsageError

NOISE_KINDS = ("uniform", "pair", "matrix", "instance", "none")


def inject(
    labels: NDArray[np.int64],
    classes: int,
    rate: float,
    kind: str,
    rng: np.random.Generator,
    *,
    exempt: Sequence[int] = (),
    matrix: NDArray[np.float64] | None = None,
    features: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """The labels after noise injection, int64[n].

    labels: int64[n] in 0…classes−1. rate: p, 0 ≤ p < 1; `matrix` and `none` do not use it.
    kind: `uniform` (with probability p one of the other C−1 classes, each equally likely; the paper's noise),
    `pair` (with probability p the next class, the first after the last), `matrix` (class j with probability
    matrix[label, j], float64[C, C] with rows that sum to 1), `instance` (harder images flip more, at a mean rate p,
    see `noise_instance`; features: float64[n, D], how the images are seen) or `none`.
    exempt: classes whose samples keep their label; others may still be given such a label.

    Raises UsageError for an unknown kind, a rate out of range, no matrix or features, or noise with one class
    only.
    """
    if kind not in NOISE_KINDS:
        raise UsageError(f"There is no noise kind {kind!r}: use one of {', '.join(NOISE_KINDS)}.")
    if not 0 <= rate < 1:
        raise UsageError(f"The noise rate {rate} is out of range: give a number from 0 to less than 1.")
    if kind == "matrix":
        noisy = _by_matrix(labels, classes, matrix, rng)
    elif kind == "none" or rate == 0:
        return labels.copy()
    elif classes < 2:
        raise UsageError("A data set with one class cannot be given label noise: use --noise 0.")
    elif kind == "instance":
        if features is None:
            raise UsageError("Noise of the kind 'instance' needs to see the images: give features.")
        noisy = noise_instance.flip(labels, classes, rate, features, rng)
    else:
        # Both draws are made for every sample, so that exempting a class leaves the others' noise as it was.
        flipped = rng.random(len(labels)) < rate
        step = rng.integers(1, classes, len(labels)) if kind == "uniform" else 1
        noisy = np.where(flipped, (labels + step) % classes, labels)
    return np.where(np.isin(labels, list(exempt)), labels, noisy).astype(np.int64)


def read_matrix(path: Path, classes: Sequence[str]) -> NDArray[np.float64]:
    """The transition matrix in the CSV at `path`, float64[C, C], rows and columns in the order of `classes`.

    The header names the classes after its first cell, each row starts with its class: row = label before,
    column = label after. Raises UsageError if a class is missing, unknown or named twice, a cell is no
    probability, or a row does not sum to 1 (within 1e-6).
    """
    table = read_table(path)
    key = table.columns[0]
    rows: dict[str, NDArray[np.float64]] = {}
    _check_names(path, "column", table.columns[1:], classes)
    for number, cells in table.rows:
        if cells[key] in rows:
            raise UsageError(f"Row {number} of {path} names the class {cells[key]!r} again: keep one row per class.")
        rows[cells[key]] = _probabilities(table, number, cells, classes)
    _check_names(path, "row", tuple(rows), classes)
    return np.stack([rows[name] for name in classes])


def _by_matrix(
    labels: NDArray[np.int64], classes: int, matrix: NDArray[np.float64] | None, rng: np.random.Generator
) -> NDArray[np.int64]:
    if matrix is None or matrix.shape != (classes, classes):
        raise UsageError(f"Noise of the kind 'matrix' needs a {classes} × {classes} transition matrix: give one.")
    # Without the last bound: it is 1, whatever the rounding of the sum.
    bounds = matrix.cumsum(axis=1)[:, :-1]
    drawn: NDArray[np.int64] = (rng.random(len(labels))[:, None] >= bounds[labels]).sum(axis=1)
    return drawn


def _check_names(path: Path, what: str, names: Sequence[str], classes: Sequence[str]) -> None:
    missing = [name for name in classes if name not in names]
    unknown = [name for name in names if name not in classes]
    if missing or unknown:
        problem = f"no {what} for the class {missing[0]!r}" if missing else f"a {what} for {unknown[0]!r}"
        raise UsageError(f"The matrix {path} has {problem}: name each class of the data set once.")


def _probabilities(table: Table, number: int, cells: dict[str, str], classes: Sequence[str]) -> NDArray[np.float64]:
    try:
        values = np.array([float(cells[name]) for name in classes])
    except ValueError as problem:
        raise UsageError(f"Row {number} of {table.path} holds something that is no number: {problem}.") from problem
    if not ((values >= 0) & (values <= 1)).all() or abs(values.sum() - 1) > 1e-6:
        raise UsageError(f"Row {number} of {table.path} is not made of probabilities that sum to 1: correct it.")
    return values
