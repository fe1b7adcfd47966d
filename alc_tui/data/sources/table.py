"""A CSV of images: columns image and label, and where wanted split, truth and group."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.dataset import SPLIT_NAMES, TEST, TRAIN, UNASSIGNED, UNKNOWN, VAL, Dataset, natural_order
from alc_tui.data.images import FileImages
from alc_tui.data.paths import expand_home
from alc_tui.data.tables import Table, read_table
from alc_tui.errors import UsageError


def open_table(path: Path, name: str) -> Dataset:
    """The data set that the CSV at `path` describes; image paths are relative to its folder and are the ids.

    Classes are the labels of the training rows (of all rows where there is no split), in natural order. With
    train and test but no val, the training samples are left unassigned, for `splits.assign` to divide.
    Raises UsageError, with the row, for a missing column, a path that leaves the folder, an image named
    twice, an empty or unknown label, an unknown split.
    """
    path = expand_home(path).absolute()
    table = read_table(path, ("image", "label"))
    if not table.rows:
        raise UsageError(f"The table {path} names no image: give one row per image.")
    locators = _locators(table)
    split = _split(table)
    classes = _classes(table, split)
    return Dataset(
        name=name,
        classes=classes,
        ids=tuple(locators),
        labels=_labels(table, "label", classes),
        split=_to_divide(split),
        images=FileImages(path.parent, locators),
        root=path.parent,
        truth=_labels(table, "truth", classes) if "truth" in table.columns else None,
        groups=tuple(cells["group"] for _, cells in table.rows) if "group" in table.columns else None,
    )


def _locators(table: Table) -> list[str]:
    seen: dict[str, int] = {}
    folder = table.path.parent
    inside = _Inside(folder)
    for row, cells in table.rows:
        given = cells["image"]
        locator = posixpath.normpath(given)
        if not given or not _is_below(given, locator) or not inside.holds(locator):
            raise UsageError(f"Row {row} of {table.path} has the image {given!r}: give a path inside {folder}.")
        if locator in seen:
            raise UsageError(f"Row {row} of {table.path} names the image {given!r} again (see row {seen[locator]}).")
        seen[locator] = row
    return list(seen)


def _is_below(given: str, normal: str) -> bool:
    windows = PureWindowsPath(normal)
    leaves = normal in (".", "..") or normal.startswith(("../", "/")) or ".." in windows.parts
    return not (leaves or windows.drive or windows.root or "\0" in given)


class _Inside:
    """Whether paths stay in a folder when their links are followed; remembers the folders it has followed."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._real = folder, folder.resolve()
        self._folders: dict[str, bool] = {}

    def holds(self, locator: str) -> bool:
        above = posixpath.dirname(locator)
        if above not in self._folders:
            self._folders[above] = self._stays(self._folder / above)
        path = self._folder / locator
        return self._folders[above] and (not path.is_symlink() or self._stays(path))

    def _stays(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self._real)
        except (OSError, RuntimeError):  # a link that leads to itself
            return False


def _split(table: Table) -> NDArray[np.int8]:
    split = np.full(len(table.rows), UNASSIGNED, dtype=np.int8)
    named = [cells.get("split", "").lower() for _, cells in table.rows]
    if not any(named):
        return split
    for position, ((row, _), word) in enumerate(zip(table.rows, named, strict=True)):
        if word not in SPLIT_NAMES:
            raise UsageError(f"Row {row} of {table.path} has the split {word!r}: give train, val or test in every row.")
        split[position] = SPLIT_NAMES.index(word)
    if TRAIN not in split:
        raise UsageError(f"The table {table.path} has no row with the split 'train': name the training images.")
    return split


def _classes(table: Table, split: NDArray[np.int8]) -> tuple[str, ...]:
    for row, cells in table.rows:
        if not cells["label"]:
            raise UsageError(f"Row {row} of {table.path} has no label: give one or remove the row.")
    classes = natural_order(
        cells["label"] for (_, cells), part in zip(table.rows, split, strict=True) if part in (TRAIN, UNASSIGNED)
    )
    for row, cells in table.rows:
        for column in ("label", "truth"):
            label = cells.get(column, "")
            if label and label not in classes:
                raise UsageError(f"Row {row} of {table.path} has the {column} {label!r}, which no training row has.")
    return classes


def _labels(table: Table, column: str, classes: Sequence[str]) -> NDArray[np.int64]:
    numbers = {label: number for number, label in enumerate(classes)}
    return np.array([numbers.get(cells[column], UNKNOWN) for _, cells in table.rows], dtype=np.int64)


def _to_divide(split: NDArray[np.int8]) -> NDArray[np.int8]:
    if TEST in split and VAL not in split:
        return np.where(split == TRAIN, UNASSIGNED, split).astype(np.int8)
    return split
