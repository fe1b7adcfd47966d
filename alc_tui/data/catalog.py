"""Opens data sets by name and prepares them for training. Independent of sessions and terminals."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.dataset import SPLIT_NAMES, TEST, TRAIN, UNASSIGNED, VAL, Dataset, ImageSource
from alc_tui.data.dataset_names import DATASET_KINDS, DATASETS
from alc_tui.data.images import ArrayImages
from alc_tui.data.imbalance import long_tail as long_tail_of
from alc_tui.data.paths import UrlPath, expand_home, location
from alc_tui.data.remote.sources import images_at
from alc_tui.data.report import Duplicates, Report, report
from alc_tui.data.sources import folder, isic, label_studio, medmnist, nct, table
from alc_tui.data.splits import assign
from alc_tui.errors import UsageError

__all__ = ["Duplicates", "Report", "apply_split", "data_root", "open_dataset", "open_images", "report"]

_MAY_LEAVE = re.compile(r"\.\.|^/|[:\\]")
"""What a path contains that may lead out of its folder."""
_IMPLIED_LONG_TAIL = {"nct-lt": 100.0}


def data_root(option: Path | None) -> Path | None:
    """The folder of data sets: the option, else `ALC_DATA`, else None; raises UsageError if it is neither a folder nor
    a URL."""
    path = str(option) if option is not None else os.environ.get("ALC_DATA")
    if not path:
        return None
    root = expand_home(location(path))
    if not isinstance(root, UrlPath) and not root.is_dir():
        source = "--data-root" if option is not None else "ALC_DATA"
        raise UsageError(f"The data root {root} is not a folder; check {source}.")
    return root.absolute()


def open_dataset(spec: str, root: Path | None, merge_alike: bool = False) -> Dataset:
    """The data set named `spec` (see `dataset_names.DATASETS`) with its own labels and split.

    root: the data root; `folder:`, `csv:`, `label-studio:` and `demo` do not need one. merge_alike: join the labels of
    a folder or table that look alike. Raises UsageError for an unknown name, a missing root, and invalid data.
    """
    kind, rest = _parse(spec)
    if kind == "folder":
        return folder.open_folder(location(rest), spec, merge_alike)
    if kind == "csv":
        return table.open_table(location(rest), spec, root, merge_alike)
    if kind != "demo" and any(isinstance(location(each), UrlPath) for each in (rest, root or "")):
        raise UsageError(f"The data set {spec!r} is read from folders only; folder: and csv: also read from URLs.")
    if kind == "label-studio":
        return label_studio.open_label_studio(Path(rest), spec, root, merge_alike)
    if kind == "demo":
        from alc_tui.data.sources.demo import open_demo

        return open_demo()
    file_name = medmnist.parse(rest) if kind == "medmnist" else None
    if root is None:
        raise UsageError(f"The data set {spec!r} needs a data root; specify --data-root or set ALC_DATA.")
    if file_name is not None:
        return medmnist.open_medmnist(root, file_name)
    return isic.open_isic(root) if kind == "isic" else nct.open_nct(root, kind)


def open_images(spec: str, root: Path, locators: Sequence[str]) -> ImageSource:
    """The images of a data set that was opened before, without its labels.

    root, locators: those of the `Dataset`. Raises UsageError for an unknown name and for a locator outside the root.
    """
    kind, _ = _parse(spec)
    if kind == "demo":
        from alc_tui.data.sources.demo import DemoImages

        return DemoImages(locators)
    if kind == "medmnist":
        return ArrayImages(root, locators)
    for locator in filter(_MAY_LEAVE.search, locators):
        path = PurePath(locator)
        if path.anchor or ".." in path.parts:
            raise UsageError(
                f"The image path {locator!r} is outside {root}; restore the session's samples from a backup."
            )
    return images_at(root, locators)


def apply_split(
    dataset: Dataset,
    split: str | None,
    long_tail: float | None,
    rng_split: np.random.Generator,
    rng_tail: np.random.Generator,
) -> Dataset:
    """Assign every sample to train, val, or test, and optionally subsample to a long tail.

    split: see `splits.assign`. long_tail: ratio of the largest class to the smallest, at least 1; `nct-lt` implies 100.
    If the data comes with only a test split, the other samples are subsampled before they are split (the paper's NCT);
    otherwise, only the training samples are, and val and test keep their class distribution. Raises UsageError if a
    class has no training sample, or val or test no sample.
    """
    ratio = _IMPLIED_LONG_TAIL.get(dataset.name) if long_tail is None else long_tail
    present = set(np.unique(dataset.split).tolist())
    tail_first = split in (None, "given") and UNASSIGNED in present and len(present) > 1
    if ratio is not None and tail_first:
        _check_classes(dataset, UNASSIGNED)
        dataset = _subsample_long_tail(dataset, UNASSIGNED, ratio, rng_tail)
    dataset = assign(dataset, split, rng_split)
    if ratio is not None and not tail_first:
        _check_classes(dataset, TRAIN)
        dataset = _subsample_long_tail(dataset, TRAIN, ratio, rng_tail)
    check_splits(dataset)
    return dataset


def _subsample_long_tail(dataset: Dataset, part: int, ratio: float, rng: np.random.Generator) -> Dataset:
    candidates = np.flatnonzero(dataset.split == part)
    selected = candidates[long_tail_of(dataset.labels[candidates], len(dataset.classes), ratio, rng)]
    others: NDArray[np.int64] = np.flatnonzero(dataset.split != part)
    return dataset.take(np.sort(np.concatenate([selected, others])))


def _check_classes(dataset: Dataset, part: int) -> None:
    counts = np.bincount(dataset.labels[dataset.split == part], minlength=len(dataset.classes))
    empty = [repr(name) for name, count in zip(dataset.classes, counts, strict=True) if not count]
    if empty:
        raise UsageError(
            f"No training sample of {dataset.name!r} has the class {', '.join(empty)}; add samples, or "
            "choose another split or a smaller --long-tail."
        )


def check_splits(dataset: Dataset) -> None:
    """Raise UsageError if a class has no training sample, or if validation or test is empty."""
    _check_classes(dataset, TRAIN)
    for part in (VAL, TEST):
        if not (dataset.split == part).any():
            raise UsageError(f"{dataset.name!r} has no {SPLIT_NAMES[part]} sample; add some or use --split image.")


def _parse(spec: str) -> tuple[str, str]:
    kind, colon, rest = spec.partition(":")
    takes_path = kind in ("medmnist", "folder", "csv", "label-studio")
    if kind not in DATASET_KINDS or (colon and not takes_path):
        close = difflib.get_close_matches(kind, DATASET_KINDS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(DATASETS)}."
        raise UsageError(f"Unknown data set {spec!r}; {hint}")
    if takes_path and not rest:
        pattern = next(name for name in DATASETS if name.startswith(kind))
        raise UsageError(f"The data set {spec!r} is incomplete; specify {pattern}.")
    return kind, rest
