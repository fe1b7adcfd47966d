"""Class folders: one folder per class, optionally inside or around train, val, and test folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from alc_tui.data.class_names import class_of, is_missing
from alc_tui.data.dataset import SPLIT_NAMES, TRAIN, UNASSIGNED, VAL, Dataset, natural_order
from alc_tui.data.inventory.contents import Problem, summary
from alc_tui.data.inventory.layout import ClassFolder, arrange_folders
from alc_tui.data.inventory.walk import walk
from alc_tui.data.paths import UrlPath, expand_home
from alc_tui.data.remote.listing import list_images
from alc_tui.data.remote.sources import images_at
from alc_tui.data.remote.storage import Storage
from alc_tui.errors import UsageError


def open_folder(root: Path, name: str, merge_alike: bool = False) -> Dataset:
    """The data set in `root`; ids are the images' paths below it, classes are in natural order.

    With train/ and test/ but no val/, training samples are unassigned, for `splits.assign` to divide. merge_alike: see
    `class_of`. What cannot be read is in the inventory's problems. Raises UsageError if there are no class folders, if
    the splits have different classes, if there are other folders with images next to the splits, or if class names
    look alike.
    """
    if isinstance(root, UrlPath):
        listing = list_images(Storage(root))
    else:
        root = expand_home(root).resolve()
        listing = walk(root)
    layout = arrange_folders(root, listing)
    missing = [folder for folder in layout.folders if is_missing(folder.label)]
    unlabeled = [Problem(folder.path, "a class folder for missing labels") for folder in missing]
    inventory = listing.inventory(layout.omissions, (*layout.problems, *unlabeled))
    folders = [folder for folder in layout.folders if not is_missing(folder.label)]
    names = class_of((folder.label for folder in folders for _ in folder.images), str(root), merge_alike)
    classes = natural_order(names.values())
    numbers = {label: classes.index(name) for label, name in names.items()}
    if not classes:
        raise UsageError(
            f"No class folders with images found in {root}{inventory.clause()}; put the images of each class in a "
            "separate folder."
        )
    _check_complete(root, folders, names, classes, listing.problems)
    ordered = sorted(folders, key=lambda folder: (folder.part, numbers[folder.label], folder.path))
    locators = [image for folder in ordered for image in folder.images]
    sizes = [len(folder.images) for folder in ordered]
    split = np.repeat(np.array([folder.part for folder in ordered], dtype=np.int8), sizes)
    return Dataset(
        name=name,
        classes=classes,
        ids=tuple(locators),
        labels=np.repeat(np.array([numbers[folder.label] for folder in ordered], dtype=np.int64), sizes),
        split=split if VAL in split else np.where(split == TRAIN, UNASSIGNED, split).astype(np.int8),
        images=images_at(root, locators),
        root=root,
        inventory=inventory,
    )


def _check_complete(
    root: Path,
    folders: Sequence[ClassFolder],
    names: Mapping[str, str],
    classes: Sequence[str],
    problems: Sequence[Problem],
) -> None:
    """Raise UsageError unless every split has every class."""
    parts: dict[int, set[str]] = {}
    for folder in folders:
        parts.setdefault(folder.part, set()).add(names[folder.label])
    for part, present in parts.items():
        missing = [name for name in classes if name not in present]
        if missing:
            unread = f" (not read: {summary(problems)})" if problems else ""
            raise UsageError(
                f"The {SPLIT_NAMES[part]} split of {root} lacks the class {missing[0]!r}, which another split has; "
                f"add it{unread}."
            )
