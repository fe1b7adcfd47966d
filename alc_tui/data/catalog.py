"""Data sets by the name a person types, made ready to train on. Knows no session and no terminal."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.dataset import SPLIT_NAMES, TEST, TRAIN, UNASSIGNED, VAL, Dataset, ImageSource
from alc_tui.data.images import ArrayImages, FileImages
from alc_tui.data.imbalance import long_tail as long_tail_of
from alc_tui.data.known import DATASET_KINDS, DATASETS
from alc_tui.data.paths import expand_home
from alc_tui.data.report import Report, Twins, report
from alc_tui.data.sources import folder, isic, medmnist, nct, table
from alc_tui.data.splits import assign
from alc_tui.errors import UsageError

__all__ = ["Report", "Twins", "arrange", "data_root", "open_dataset", "open_images", "report"]

_IMPLIED_TAIL = {"nct-lt": 100.0}


def data_root(option: Path | None) -> Path | None:
    """Where data sets lie: the option, else `ALC_DATA`, else None; raises UsageError if it is no folder."""
    named = str(option) if option is not None else os.environ.get("ALC_DATA")
    if not named:
        return None
    root = expand_home(Path(named))
    if not root.is_dir():
        source = "--data-root" if option is not None else "ALC_DATA"
        raise UsageError(f"The data root {root} is not a folder: check {source}.")
    return root.absolute()


def open_dataset(spec: str, root: Path | None) -> Dataset:
    """The data set named `spec` (see `known.DATASETS`) with the labels and the split that it came with.

    root: the data root; `folder:`, `csv:` and `demo` do without. Raises UsageError for an unknown name, a
    missing root, and whatever is wrong with the data.
    """
    kind, rest = _parse(spec)
    if kind == "folder":
        return folder.open_folder(Path(rest), spec)
    if kind == "csv":
        return table.open_table(Path(rest), spec)
    if kind == "demo":
        from alc_tui.data.sources.demo import open_demo

        return open_demo()
    choice = medmnist.parse(rest) if kind == "medmnist" else None
    if root is None:
        raise UsageError(f"The data set {spec!r} needs a folder to look in: give --data-root or set ALC_DATA.")
    if choice is not None:
        return medmnist.open_medmnist(root, choice)
    return isic.open_isic(root) if kind == "isic" else nct.open_nct(root, kind)


def open_images(spec: str, root: Path, locators: Sequence[str]) -> ImageSource:
    """Images of a data set opened before, without its labels: root and locators are those of that `Dataset`.

    Raises UsageError for an unknown name and for a locator that leaves the root.
    """
    kind, _ = _parse(spec)
    if kind == "demo":
        from alc_tui.data.sources.demo import DemoImages

        return DemoImages(locators)
    if kind == "medmnist":
        return ArrayImages(root, locators)
    for locator in locators:
        path = PurePath(locator)
        if path.anchor or ".." in path.parts:
            raise UsageError(f"The image path {locator!r} leaves {root}: the session's samples are damaged.")
    return FileImages(root, locators)


def arrange(
    dataset: Dataset,
    split: str | None,
    long_tail: float | None,
    rng_split: np.random.Generator,
    rng_tail: np.random.Generator,
) -> Dataset:
    """The data set with every sample in train, val or test and, with a ratio, a long tail.

    split: see `splits.assign`. long_tail: largest class to smallest, at least 1; `nct-lt` implies 100.
    Where only the test set is given, the tail is cut from the other samples before they are divided (the
    paper's NCT); otherwise from the training samples alone, and val and test keep their shape.
    Raises UsageError if a class is left without training sample, or val or test without any.
    """
    ratio = _IMPLIED_TAIL.get(dataset.name) if long_tail is None else long_tail
    given = set(np.unique(dataset.split).tolist())
    tail_first = split in (None, "given") and UNASSIGNED in given and len(given) > 1
    if ratio is not None and tail_first:
        _check_classes(dataset, UNASSIGNED)
        dataset = _with_tail(dataset, UNASSIGNED, ratio, rng_tail)
    dataset = assign(dataset, split, rng_split)
    if ratio is not None and not tail_first:
        _check_classes(dataset, TRAIN)
        dataset = _with_tail(dataset, TRAIN, ratio, rng_tail)
    check_splits(dataset)
    return dataset


def _with_tail(dataset: Dataset, part: int, ratio: float, rng: np.random.Generator) -> Dataset:
    candidates = np.flatnonzero(dataset.split == part)
    kept = candidates[long_tail_of(dataset.labels[candidates], len(dataset.classes), ratio, rng)]
    others: NDArray[np.int64] = np.flatnonzero(dataset.split != part)
    return dataset.take(np.sort(np.concatenate([kept, others])))


def _check_classes(dataset: Dataset, part: int) -> None:
    counts = np.bincount(dataset.labels[dataset.split == part], minlength=len(dataset.classes))
    empty = [repr(name) for name, count in zip(dataset.classes, counts, strict=True) if not count]
    if empty:
        raise UsageError(
            f"No training sample of {dataset.name!r} has the class {', '.join(empty)}: add samples, or "
            "choose another split or a smaller --long-tail."
        )


def check_splits(dataset: Dataset) -> None:
    """Raise UsageError if a class has no training sample, or validation or test no sample at all."""
    _check_classes(dataset, TRAIN)
    for part in (VAL, TEST):
        if not (dataset.split == part).any():
            raise UsageError(f"{dataset.name!r} has no {SPLIT_NAMES[part]} sample: add some or use --split image.")


def _parse(spec: str) -> tuple[str, str]:
    kind, colon, rest = spec.partition(":")
    takes_more = kind in ("medmnist", "folder", "csv")
    if kind not in DATASET_KINDS or (colon and not takes_more):
        close = difflib.get_close_matches(kind, DATASET_KINDS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(DATASETS)}."
        raise UsageError(f"There is no data set {spec!r}: {hint}")
    if takes_more and not rest:
        form = next(name for name in DATASETS if name.startswith(kind))
        raise UsageError(f"The data set {spec!r} does not say which one: write {form}.")
    return kind, rest
