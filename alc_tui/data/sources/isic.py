"""ISIC-2019 as the challenge published it: a one-hot table, a metadata table, one JPEG per row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.dataset import UNASSIGNED, Dataset
from alc_tui.data.images import FileImages
from alc_tui.data.sources.search import search_folders
from alc_tui.data.tables import read_table
from alc_tui.errors import UsageError

CLASSES = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC")
LABELS = "ISIC_2019_Training_GroundTruth.csv"
METADATA = "ISIC_2019_Training_Metadata.csv"
IMAGES = "ISIC_2019_Training_Input"

_ENDINGS = (".jpg", ".jpeg", ".png")
_UNKNOWN_CLASS = "UNK"


@dataclass(frozen=True)
class _Folder:
    path: Path
    files: dict[str, str]
    """Where each image lies, relative to `path`, by its name without ending."""


def open_isic(root: Path) -> Dataset:
    """The data set in `root` or a folder directly below it; samples carry no split, lesions are the groups.

    Ids are the image names of the table; images that it names and that are not there are found bad when they
    are prepared. Raises UsageError if there is no table, no image, more than one choice, or a faulty table.
    """
    folder = _find(root)
    ids, labels = read_labels(folder.path / LABELS)
    if not any(name in folder.files for name in ids):
        raise UsageError(f"None of the images that {folder.path / LABELS} names is there: check the data root.")
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
    )


def read_labels(path: Path) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Image names and int64[n] labels of a ground-truth table; each row must name exactly one class."""
    table = read_table(path, ("image", *CLASSES))
    if not table.rows:
        raise UsageError(f"The table {path} names no image: download it again.")
    seen: dict[str, int] = {}
    labels = np.empty(len(table.rows), dtype=np.int64)
    for position, (row, cells) in enumerate(table.rows):
        name = cells["image"]
        if not name or "/" in name or "\\" in name:
            raise UsageError(f"Row {row} of {path} has {name!r} for an image name: give the name without folder.")
        if name in seen:
            raise UsageError(f"Row {row} of {path} names the image {name!r} again, after row {seen[name]}: keep one.")
        seen[name] = row
        labels[position] = _label(path, row, cells)
    return tuple(seen), labels


def read_lesions(path: Path, ids: Iterable[str]) -> tuple[str, ...] | None:
    """The lesion of each image, "" where none is known; None if there is no table or no lesion in it."""
    if not path.is_file():
        return None
    lesions = {cells["image"]: cells.get("lesion_id", "") for _, cells in read_table(path, ("image",)).rows}
    groups = tuple(lesions.get(name, "") for name in ids)
    return groups if any(groups) else None


def _label(path: Path, row: int, cells: dict[str, str]) -> int:
    try:
        values = [float(cells[name]) for name in CLASSES]
        unknown = float(cells.get(_UNKNOWN_CLASS) or 0)
    except ValueError as problem:
        raise UsageError(f"Row {row} of {path} holds something that is no number ({problem}): correct it.") from problem
    if unknown:
        raise UsageError(f"Row {row} of {path} has UNK set for {cells['image']!r}: remove it, no class stands for it.")
    if sorted(values) != [0.0] * (len(CLASSES) - 1) + [1.0]:
        raise UsageError(f"Row {row} of {path} does not name exactly one class for {cells['image']!r}: correct it.")
    return values.index(1.0)


def _find(root: Path) -> _Folder:
    tables = [place for place in search_folders(root) if (place / LABELS).is_file()]
    if not tables:
        raise UsageError(
            f"There is no {LABELS} in {root} or a folder directly below it: check --data-root or ALC_DATA."
        )
    found = [_Folder(place.resolve(), _image_files(place)) for place in tables]
    usable = [folder for folder in found if folder.files]
    if not usable:
        looked = _listed([path for place in tables for path in (place / IMAGES, place)])
        raise UsageError(f"There are ISIC-2019 tables but no images: looked for .jpg and .png files in {looked}.")
    if len(usable) > 1:
        choices = _listed([folder.path for folder in usable])
        raise UsageError(f"There is more than one ISIC-2019 under {root} ({choices}): name one with --data-root.")
    return usable[0]


def _image_files(place: Path) -> dict[str, str]:
    files: dict[str, str] = {}
    for prefix, folder in (("", place), (f"{IMAGES}/", place / IMAGES)):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.suffix.lower() in _ENDINGS:
                files[path.stem] = prefix + path.name
    return files


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(str(path) for path in paths)
