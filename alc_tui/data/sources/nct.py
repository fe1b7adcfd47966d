"""NCT-CRC-HE-100K and its test set CRC-VAL-HE-7K: nine class folders each."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from alc_tui.data.dataset import TEST, UNASSIGNED, Dataset
from alc_tui.data.images import FileImages
from alc_tui.data.sources.folder import image_files
from alc_tui.data.sources.search import search_folders
from alc_tui.errors import UsageError

CLASSES = ("ADI", "BACK", "DEB", "LYM", "MUC", "MUS", "NORM", "STR", "TUM")
DEVELOPMENT = "NCT-CRC-HE-100K"
TESTING = "CRC-VAL-HE-7K"


def open_nct(root: Path, name: str = "nct") -> Dataset:
    """The 100K as unassigned samples and the 7K as the test set; ids are `folder/class/file`.

    Both folders are looked for in `root` and in the folders directly below it. Raises UsageError if one is
    not there, is there twice, lacks a class, has another one, or has a class without images.
    """
    root = root.resolve()
    locators: list[str] = []
    ids: list[str] = []
    labels: list[int] = []
    split: list[int] = []
    for folder, part in ((DEVELOPMENT, UNASSIGNED), (TESTING, TEST)):
        place = _find(root, folder)
        _check_classes(place)
        for label, class_name in enumerate(CLASSES):
            files = image_files(place / class_name, class_name)
            if not files:
                raise UsageError(f"The class folder {place / class_name} holds no image: unpack {folder} again.")
            locators += [f"{place.relative_to(root).as_posix()}/{file}" for file in files]
            ids += [f"{folder}/{file}" for file in files]
            labels += [label] * len(files)
            split += [part] * len(files)
    return Dataset(
        name=name,
        classes=CLASSES,
        ids=tuple(ids),
        labels=np.array(labels, dtype=np.int64),
        split=np.array(split, dtype=np.int8),
        images=FileImages(root, locators),
        root=root,
    )


def _find(root: Path, folder: str) -> Path:
    found = [place / folder for place in search_folders(root) if (place / folder).is_dir()]
    if not found:
        raise UsageError(f"There is no folder {folder} in {root} or directly below it: check --data-root or ALC_DATA.")
    if len(found) > 1:
        choices = ", ".join(str(path) for path in found)
        raise UsageError(f"There is more than one {folder} under {root} ({choices}): name one with --data-root.")
    return found[0]


def _check_classes(place: Path) -> None:
    there = {path.name for path in place.iterdir() if path.is_dir() and not path.name.startswith(".")}
    missing, unknown = sorted(set(CLASSES) - there), sorted(there - set(CLASSES))
    if missing:
        raise UsageError(f"The folder {place} has no class folder {missing[0]!r}: unpack {place.name} again.")
    if unknown:
        raise UsageError(f"The folder {place} has a folder {unknown[0]!r} that is none of its classes: move it away.")
