"""Injects label noise for benchmarks. Reads no files except transition matrices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.noise import instance
from alc_tui.data.tables import CsvTable, read_table
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
    into_exempt: bool = True,
    matrix: NDArray[np.float64] | None = None,
    features: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """The labels after noise injection, int64[n].

    labels: int64[n] in [0, classes − 1]. rate: p in [0, 1); not used by `matrix` and `none`.
    kind: `uniform` (with probability p, one of the other C−1 classes, each equally likely; the paper's noise),
    `pair` (with probability p, the next class; the first follows the last), `matrix` (class j with probability
    matrix[label, j], float64[C, C] with rows that sum to 1), `instance` (harder images flip more often, at mean rate
    p; needs features, float64[n, D], see `noise.instance`) or `none`.
    exempt: classes whose samples keep their label. into_exempt: whether labels of other classes may flip to one of
    them; if not, `uniform` and `pair` flip among the other classes only.

    Raises UsageError for an unknown kind, a rate out of range, a missing matrix or features, or a single class.
    """
    if kind not in NOISE_KINDS:
        raise UsageError(f"Unknown noise kind {kind!r}; use one of {', '.join(NOISE_KINDS)}.")
    if not 0 <= rate < 1:
        raise UsageError(f"The noise rate {rate} is out of range; specify a number of at least 0 and less than 1.")
    if kind == "matrix":
        noisy = _by_matrix(labels, classes, matrix, rng)
    elif kind == "none" or rate == 0:
        return labels.copy()
    elif classes < 2:
        raise UsageError("A data set with a single class cannot have label noise; use --noise 0.")
    elif kind == "instance":
        if features is None:
            raise UsageError("Noise of kind 'instance' depends on the images; specify features.")
        noisy = instance.flip(labels, classes, rate, features, rng)
    elif exempt and not into_exempt:
        noisy = _among_others(labels, np.setdiff1d(np.arange(classes), list(exempt)), rate, kind, rng)
    else:
        # Draw for every sample, so that exempting a class does not change the noise of the others.
        flipped = rng.random(len(labels)) < rate
        step = rng.integers(1, classes, len(labels)) if kind == "uniform" else 1
        noisy = np.where(flipped, (labels + step) % classes, labels)
    return np.where(np.isin(labels, list(exempt)), labels, noisy).astype(np.int64)


def read_matrix(path: Path, classes: Sequence[str]) -> NDArray[np.float64]:
    """The transition matrix in the CSV file at `path`, float64[C, C], rows and columns in the order of `classes`.

    The header names the classes after its first cell, and each row starts with its class: row = label before,
    column = label after. Raises UsageError if a class is missing, unknown or repeated, a cell is not a probability,
    or a row does not sum to 1 (within 1e-6).
    """
    table = read_table(path)
    key = table.columns[0]
    rows: dict[str, NDArray[np.float64]] = {}
    _check_names(path, "column", table.columns[1:], classes)
    for number, cells in table.rows:
        if cells[key] in rows:
            raise UsageError(f"Row {number} of {path} repeats the class {cells[key]!r}; keep one row per class.")
        rows[cells[key]] = _probabilities(table, number, cells, classes)
    _check_names(path, "row", tuple(rows), classes)
    return np.stack([rows[name] for name in classes])


def _among_others(
    labels: NDArray[np.int64], others: NDArray[np.int64], rate: float, kind: str, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Flip labels of the classes `others`, at least two, to one of these."""
    if len(others) < 2:
        raise UsageError("With fewer than two classes that are not exempt, no label can flip; exempt fewer classes.")
    place = np.searchsorted(others, labels) % len(others)
    flipped = rng.random(len(labels)) < rate
    step = rng.integers(1, len(others), len(labels)) if kind == "uniform" else 1
    return np.where(flipped, others[(place + step) % len(others)], labels)


def _by_matrix(
    labels: NDArray[np.int64], classes: int, matrix: NDArray[np.float64] | None, rng: np.random.Generator
) -> NDArray[np.int64]:
    if matrix is None or matrix.shape != (classes, classes):
        raise UsageError(f"Noise of kind 'matrix' needs a {classes} × {classes} transition matrix.")
    # The last bound is omitted: it is 1, even if rounding makes the sum smaller.
    bounds = matrix.cumsum(axis=1)[:, :-1]
    drawn: NDArray[np.int64] = (rng.random(len(labels))[:, None] >= bounds[labels]).sum(axis=1)
    return drawn


def _check_names(path: Path, what: str, names: Sequence[str], classes: Sequence[str]) -> None:
    missing = [name for name in classes if name not in names]
    unknown = [name for name in names if name not in classes]
    if missing or unknown:
        problem = f"no {what} for the class {missing[0]!r}" if missing else f"a {what} for {unknown[0]!r}"
        raise UsageError(f"The matrix {path} has {problem}; include each class of the data set exactly once.")


def _probabilities(table: CsvTable, number: int, cells: dict[str, str], classes: Sequence[str]) -> NDArray[np.float64]:
    try:
        values = np.array([float(cells[name]) for name in classes])
    except ValueError as error:
        raise UsageError(
            f"Row {number} of {table.path} has a cell that is not a number ({error}); correct it."
        ) from error
    if not ((values >= 0) & (values <= 1)).all() or abs(values.sum() - 1) > 1e-6:
        raise UsageError(f"Row {number} of {table.path} does not consist of probabilities that sum to 1; correct it.")
    return values
