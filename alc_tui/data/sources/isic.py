"""ISIC-2019 as published by the challenge: a one-hot table, a metadata table, and one JPEG per row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.case_data import CaseData
from alc_tui.data.dataset import UNASSIGNED, Dataset
from alc_tui.data.images import FileImages
from alc_tui.data.inventory.contents import Inventory, Omission
from alc_tui.data.inventory.omissions import UNLISTED
from alc_tui.data.inventory.walk import Listing, walk
from alc_tui.data.sources.search import search_folders
from alc_tui.data.tables import read_table
from alc_tui.errors import UsageError

CLASSES = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC")
LABELS = "ISIC_2019_Training_GroundTruth.csv"
METADATA = "ISIC_2019_Training_Metadata.csv"
IMAGES = "ISIC_2019_Training_Input"

_EXTENSIONS = (".jpg", ".jpeg", ".png")
_UNKNOWN_CLASS = "UNK"
_LESION = "lesion_id"


@dataclass(frozen=True)
class _Folder:
    """files: the path of each image relative to `path`, by its name without extension."""

    path: Path
    files: dict[str, str]
    listing: Listing

    def inventory_without(self, ids: Sequence[str]) -> Inventory:
        """What was found besides the images with these names."""
        named = {self.files.get(name) for name in ids}
        return self.listing.inventory(
            [Omission(image, UNLISTED) for image in self.listing.images if image not in named]
        )


def open_isic(root: Path) -> Dataset:
    """The data set in `root` or a folder directly below it; samples have no split, and the groups are lesions.

    Ids are the image names of the table; missing images are reported as bad when the images are prepared. Raises
    UsageError if there is no table, no image or more than one candidate, or if a table is invalid.
    """
    folder = _find(root)
    ids, labels = read_labels(folder.path / LABELS)
    if not any(name in folder.files for name in ids):
        raise UsageError(f"None of the images in {folder.path / LABELS} exists; check the data root.")
    locators = [folder.files.get(name, f"{IMAGES}/{name}.jpg") for name in ids]
    return Dataset(
        name="isic",
        classes=CLASSES,
        ids=ids,
        labels=labels,
        split=np.full(len(ids), UNASSIGNED, dtype=np.int8),
        images=FileImages(folder.path, locators),
        root=folder.path,
        groups=read_lesions(folder.path / METADATA, ids),
        group_column=_LESION,
        inventory=folder.inventory_without(ids),
        case_data=read_case_data(folder.path / METADATA, ids),
    )


def read_labels(path: Path) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Image names and int64[n] labels of a ground-truth table; each row must have exactly one class.

    The extension of an image in the table is left out of its name.
    """
    table = read_table(path, ("image", *CLASSES), (_UNKNOWN_CLASS,))
    if not table.rows:
        raise UsageError(f"The table {path} has no rows; download it again.")
    row_of: dict[str, int] = {}
    labels = np.empty(len(table.rows), dtype=np.int64)
    for position, (row, cells) in enumerate(table.rows):
        name = _without_extension(cells["image"])
        if not name or "/" in name or "\\" in name:
            raise UsageError(f"Row {row} of {path} has the image name {name!r}; remove the folder from it.")
        if name in row_of:
            raise UsageError(f"Row {row} of {path} repeats the image {name!r} of row {row_of[name]}; keep one of them.")
        row_of[name] = row
        labels[position] = _label(path, row, cells)
    return tuple(row_of), labels


def read_lesions(path: Path, ids: Iterable[str]) -> tuple[str, ...] | None:
    """The lesion of each image, "" if unknown; None if there is no table or no lesion in it."""
    if not path.is_file():
        return None
    rows = read_table(path, ("image",), (_LESION,)).rows
    lesions = {_without_extension(cells["image"]): cells.get(_LESION, "") for _, cells in rows}
    groups = tuple(lesions.get(name, "") for name in ids)
    return groups if any(groups) else None


def read_case_data(path: Path, ids: Iterable[str]) -> CaseData | None:
    """The columns of the metadata table besides the image and the lesion; None if there is no table."""
    if not path.is_file():
        return None
    table = read_table(path, ("image",), (_LESION,))
    columns = tuple(name for name in table.columns if name not in ("", "image", _LESION))
    rows = {_without_extension(cells["image"]): tuple(cells[name] for name in columns) for _, cells in table.rows}
    nothing = ("",) * len(columns)
    return CaseData(columns, tuple(rows.get(name, nothing) for name in ids))


def _label(path: Path, row: int, cells: dict[str, str]) -> int:
    try:
        values = [float(cells[name]) for name in CLASSES]
        unknown = float(cells.get(_UNKNOWN_CLASS) or 0)
    except ValueError as error:
        raise UsageError(f"Row {row} of {path} has a cell that is not a number ({error}); correct it.") from error
    if unknown:
        raise UsageError(f"Row {row} of {path} sets UNK for {cells['image']!r}, which is not a class; remove the row.")
    if sorted(values) != [0.0] * (len(CLASSES) - 1) + [1.0]:
        raise UsageError(f"Row {row} of {path} does not set exactly one class for {cells['image']!r}; correct it.")
    return values.index(1.0)


def _without_extension(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    return stem if f"{dot}{extension.lower()}" in _EXTENSIONS else name


def _find(root: Path) -> _Folder:
    parents = [folder for folder in search_folders(root) if (folder / LABELS).is_file()]
    if not parents:
        raise UsageError(f"{LABELS} not found in {root} or a folder directly below it; check --data-root or ALC_DATA.")
    candidates = [_read(parent.resolve()) for parent in parents]
    usable = [folder for folder in candidates if folder.files]
    if not usable:
        searched = _join([path for parent in parents for path in (parent / IMAGES, parent)])
        raise UsageError(f"Found ISIC-2019 tables but no images; add .jpg or .png files to one of {searched}.")
    if len(usable) > 1:
        paths = _join([folder.path for folder in usable])
        raise UsageError(f"Found more than one copy of ISIC-2019 under {root} ({paths}); specify one with --data-root.")
    return usable[0]


def _read(parent: Path) -> _Folder:
    """The images in a folder with the tables and in its folder of images, which downloads may have doubled."""
    listing = walk(parent, only=(IMAGES,))
    files: dict[str, str] = {}
    for folder in ("", IMAGES, f"{IMAGES}/{IMAGES}"):
        for image in listing.images:
            if image.rpartition("/")[0] == folder and PurePath(image).suffix.lower() in _EXTENSIONS:
                files[PurePath(image).stem] = image
    return _Folder(parent, files, listing)


def _join(paths: Sequence[Path]) -> str:
    return ", ".join(str(path) for path in paths)
