"""NCT-CRC-HE-100K and its test set CRC-VAL-HE-7K, with nine class folders each."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from alc_tui.data.dataset import TEST, UNASSIGNED, Dataset
from alc_tui.data.images import FileImages
from alc_tui.data.inventory.contents import Inventory, together
from alc_tui.data.inventory.walk import Listing, walk
from alc_tui.data.sources.search import search_folders
from alc_tui.errors import UsageError

CLASSES = ("ADI", "BACK", "DEB", "LYM", "MUC", "MUS", "NORM", "STR", "TUM")
DEVELOPMENT = "NCT-CRC-HE-100K"
TESTING = "CRC-VAL-HE-7K"


def open_nct(root: Path, name: str = "nct") -> Dataset:
    """The 100K as unassigned samples and the 7K as the test set; ids are `folder/class/file`.

    Both folders are searched for in `root` and in the folders directly below it. Raises UsageError if one is missing or
    found twice, lacks a class, has an unknown class, or has a class without images.
    """
    root = root.resolve()
    locators: list[str] = []
    ids: list[str] = []
    labels: list[int] = []
    split: list[int] = []
    inventories: list[Inventory] = []
    for folder, part in ((DEVELOPMENT, UNASSIGNED), (TESTING, TEST)):
        path = _find(root, folder)
        listing = walk(path)
        _check_classes(path, listing)
        inventories.append(listing.inventory())
        for label, class_name in enumerate(CLASSES):
            files = [image for image in listing.images if image.startswith(f"{class_name}/")]
            if not files:
                raise UsageError(f"The class folder {path / class_name} has no images; unpack {folder} again.")
            locators += [f"{path.relative_to(root).as_posix()}/{file}" for file in files]
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
        inventory=together(inventories),
    )


def _find(root: Path, folder: str) -> Path:
    parents = [parent for parent in search_folders(root) if parent == root or parent.name != folder]
    paths = [parent / folder for parent in parents if (parent / folder).is_dir()]
    if not paths:
        raise UsageError(f"Folder {folder} not found in {root} or directly below it; check --data-root or ALC_DATA.")
    if len(paths) > 1:
        listed = ", ".join(str(path) for path in paths)
        raise UsageError(f"Found more than one {folder} under {root} ({listed}); specify one with --data-root.")
    doubled = paths[0] / folder
    return doubled if doubled.is_dir() else paths[0]


def _check_classes(folder: Path, listing: Listing) -> None:
    present = {path for path in listing.folders if "/" not in path}
    missing, unknown = sorted(set(CLASSES) - present), sorted(present - set(CLASSES))
    if missing:
        raise UsageError(f"The folder {folder} lacks the class folder {missing[0]!r}; unpack {folder.name} again.")
    if unknown:
        raise UsageError(
            f"The folder {folder} contains {unknown[0]!r}, which is not one of its classes; move it elsewhere."
        )
