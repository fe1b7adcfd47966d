"""Class folders: one folder per class, optionally inside train, val, and test folders."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

import numpy as np

from alc_tui.data.dataset import TEST, TRAIN, UNASSIGNED, VAL, Dataset, natural_order
from alc_tui.data.images import FileImages, extensions
from alc_tui.data.paths import expand_home
from alc_tui.errors import UsageError

_SPLITS = {"train": TRAIN, "val": VAL, "valid": VAL, "validation": VAL, "test": TEST}


def open_folder(root: Path, name: str) -> Dataset:
    """The data set in `root`; ids are the images' paths below it, classes are in natural order.

    With train/ and test/ but no val/, training samples are unassigned, for `splits.assign` to divide.
    Raises UsageError if there are no class folders, if a class to train on has no image, if the splits have different
    classes, or if there are other folders next to the splits.
    """
    root = expand_home(root).resolve()
    parts = _parts(root)
    folders = {(split, label): path for split, top in parts.items() for label, path in _subfolders(top).items()}
    classes = natural_order(label for _, label in folders)
    _check_classes(root, parts, folders, classes)
    locators: list[str] = []
    labels: list[int] = []
    split: list[int] = []
    for (part, label), path in sorted(folders.items(), key=lambda item: (item[0][0], classes.index(item[0][1]))):
        files = image_files(path, path.relative_to(root).as_posix())
        if not files and part in (TRAIN, UNASSIGNED):
            raise UsageError(f"The class folder {path} has no images: add some or remove the folder.")
        locators += files
        labels += [classes.index(label)] * len(files)
        split += [part] * len(files)
    assigned = np.array(split, dtype=np.int8)
    return Dataset(
        name=name,
        classes=classes,
        ids=tuple(locators),
        labels=np.array(labels, dtype=np.int64),
        split=np.where(assigned == TRAIN, UNASSIGNED, assigned).astype(np.int8) if VAL not in parts else assigned,
        images=FileImages(root, locators),
        root=root,
    )


def image_files(folder: Path, prefix: str) -> list[str]:
    """Sorted paths `prefix/…` of the images in `folder` and below; hidden files and folders are skipped."""
    readable, paths = extensions(), []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = Path(parent).relative_to(folder).as_posix()
        start = f"{prefix}/" if below == "." else f"{prefix}/{below}/"
        paths += [
            start + name for name in files if not name.startswith(".") and PurePath(name).suffix.lower() in readable
        ]
    return sorted(paths)


def _parts(root: Path) -> dict[int, Path]:
    """The folders with class folders, by split."""
    top = _subfolders(root)
    if not top:
        raise UsageError(f"There are no class folders in {root}: put the images of each class in a folder of its own.")
    splits = [name for name in top if name.lower() in _SPLITS]
    others = [name for name in top if name.lower() not in _SPLITS]
    if "train" not in [name.lower() for name in splits]:
        return {UNASSIGNED: root}
    if others:
        raise UsageError(
            f"The folder {root} contains train/ and also {others[0]!r}: keep either train, val and test, or "
            "only class folders."
        )
    parts: dict[int, Path] = {}
    for name in splits:
        part = _SPLITS[name.lower()]
        if part in parts:
            raise UsageError(f"The folders {parts[part]} and {top[name]} are the same split: keep one of them.")
        parts[part] = top[name]
    return parts


def _subfolders(folder: Path) -> dict[str, Path]:
    try:
        return {path.name: path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")}
    except OSError as error:
        raise UsageError(f"The folder {folder} cannot be read ({error.strerror}): check the path.") from error


def _check_classes(
    root: Path, parts: Mapping[int, Path], folders: Mapping[tuple[int, str], Path], classes: Sequence[str]
) -> None:
    if not classes:
        raise UsageError(
            f"There are no class folders under {root}: put the images of each class in a folder of its own."
        )
    for part, path in parts.items():
        missing = [label for label in classes if (part, label) not in folders]
        if missing:
            raise UsageError(f"The folder {path} lacks the class {missing[0]!r}, which another split has: add it.")
