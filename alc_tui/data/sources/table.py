"""A CSV file of images: columns image and label and, optionally, split, truth and group."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.dataset import SPLIT_NAMES, TEST, TRAIN, UNASSIGNED, UNKNOWN, VAL, Dataset, natural_order
from alc_tui.data.images import FileImages
from alc_tui.data.paths import expand_home
from alc_tui.data.tables import CsvTable, read_table
from alc_tui.errors import UsageError


def open_table(path: Path, name: str) -> Dataset:
    """The data set in the CSV file at `path`; image paths are relative to its folder and are the ids.

    Classes are the labels of the training rows (of all rows if there is no split), in natural order. With train and
    test but no val, the training samples are unassigned, for `splits.assign` to divide.
    Raises UsageError, with the row, for a missing column, a path outside the folder, a repeated image, an empty or
    unknown label, and an unknown split.
    """
    path = expand_home(path).absolute()
    table = read_table(path, ("image", "label"))
    if not table.rows:
        raise UsageError(f"The table {path} has no rows: add one row per image.")
    locators = _locators(table)
    split = _split(table)
    classes = _classes(table, split)
    return Dataset(
        name=name,
        classes=classes,
        ids=tuple(locators),
        labels=_labels(table, "label", classes),
        split=_unassign_training(split),
        images=FileImages(path.parent, locators),
        root=path.parent,
        truth=_labels(table, "truth", classes) if "truth" in table.columns else None,
        groups=tuple(cells["group"] for _, cells in table.rows) if "group" in table.columns else None,
    )


def _locators(table: CsvTable) -> list[str]:
    row_of: dict[str, int] = {}
    folder = table.path.parent
    containment = _Containment(folder)
    for row, cells in table.rows:
        path = cells["image"]
        locator = posixpath.normpath(path)
        if not path or "\0" in path or not _is_relative(locator) or not containment.contains(locator):
            raise UsageError(f"Row {row} of {table.path} has the image {path!r}: use a path inside {folder}.")
        if locator in row_of:
            raise UsageError(
                f"Row {row} of {table.path} repeats the image {path!r} of row {row_of[locator]}: keep one of them."
            )
        row_of[locator] = row
    return list(row_of)


def _is_relative(locator: str) -> bool:
    """Whether a normalized path stays below its folder, on POSIX and on Windows."""
    windows = PureWindowsPath(locator)
    is_outside = locator in (".", "..") or locator.startswith(("../", "/")) or ".." in windows.parts
    return not (is_outside or windows.drive or windows.root)


class _Containment:
    """Checks whether paths stay inside a folder after following links; resolves each parent folder once."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._resolved = folder, folder.resolve()
        self._parents: dict[str, bool] = {}

    def contains(self, locator: str) -> bool:
        """Whether the path `locator`, relative to the folder, leads into it."""
        parent = posixpath.dirname(locator)
        if parent not in self._parents:
            self._parents[parent] = self._resolves_inside(self._folder / parent)
        path = self._folder / locator
        return self._parents[parent] and (not path.is_symlink() or self._resolves_inside(path))

    def _resolves_inside(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self._resolved)
        except (OSError, RuntimeError):  # a link that leads to itself
            return False


def _split(table: CsvTable) -> NDArray[np.int8]:
    split = np.full(len(table.rows), UNASSIGNED, dtype=np.int8)
    names = [cells.get("split", "").lower() for _, cells in table.rows]
    if not any(names):
        return split
    for position, ((row, _), name) in enumerate(zip(table.rows, names, strict=True)):
        if name not in SPLIT_NAMES:
            raise UsageError(f"Row {row} of {table.path} has the split {name!r}: use train, val or test in every row.")
        split[position] = SPLIT_NAMES.index(name)
    if TRAIN not in split:
        raise UsageError(f"The table {table.path} has no row with the split 'train': mark the training images with it.")
    return split


def _classes(table: CsvTable, split: NDArray[np.int8]) -> tuple[str, ...]:
    for row, cells in table.rows:
        if not cells["label"]:
            raise UsageError(f"Row {row} of {table.path} has no label: add one or remove the row.")
    classes = natural_order(
        cells["label"] for (_, cells), part in zip(table.rows, split, strict=True) if part in (TRAIN, UNASSIGNED)
    )
    for row, cells in table.rows:
        for column in ("label", "truth"):
            label = cells.get(column, "")
            if label and label not in classes:
                raise UsageError(f"Row {row} of {table.path} has the {column} {label!r}, which no training row has.")
    return classes


def _labels(table: CsvTable, column: str, classes: Sequence[str]) -> NDArray[np.int64]:
    numbers = {label: number for number, label in enumerate(classes)}
    return np.array([numbers.get(cells[column], UNKNOWN) for _, cells in table.rows], dtype=np.int64)


def _unassign_training(split: NDArray[np.int8]) -> NDArray[np.int8]:
    """Mark training samples as UNASSIGNED if the data has a test set but no validation set."""
    if TEST in split and VAL not in split:
        return np.where(split == TRAIN, UNASSIGNED, split).astype(np.int8)
    return split
