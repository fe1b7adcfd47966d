"""Summarizes a data set: counts per class and split, bad images, and duplicate images."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from alc_tui.data.cache.pixels import BadImage, PreparedImages
from alc_tui.data.dataset import SPLIT_NAMES, UNASSIGNED, Dataset

UNASSIGNED_NAME = "unassigned"


@dataclass(frozen=True)
class Duplicates:
    """Samples whose images have identical pixels.

    ids, classes, splits: one per sample. crosses_splits: whether they are in different splits. labels_differ: whether
    their given labels do.
    """

    ids: tuple[str, ...]
    classes: tuple[str, ...]
    splits: tuple[str, ...]
    crosses_splits: bool
    labels_differ: bool


@dataclass(frozen=True)
class Report:
    """What a data set contains.

    counts: number of samples by class and split (`train`, `val`, `test`, and, if any, `unassigned`).
    """

    counts: dict[str, dict[str, int]]
    bad: tuple[BadImage, ...]
    duplicates: tuple[Duplicates, ...]

    def to_dict(self) -> dict[str, Any]:
        """The values, JSON-serializable, as `alc dataset info --json` prints them."""
        duplicates = [
            {
                "ids": group.ids,
                "classes": group.classes,
                "splits": group.splits,
                "crosses_splits": group.crosses_splits,
                "disagrees": group.labels_differ,
            }
            for group in self.duplicates
        ]
        return {"counts": self.counts, "bad": [asdict(image) for image in self.bad], "twins": duplicates}


def report(dataset: Dataset, prepared: PreparedImages) -> Report:
    """What `dataset` contains. prepared: its images, from `PixelCache.prepare`."""
    names = dict(enumerate(SPLIT_NAMES))
    if (dataset.split == UNASSIGNED).any():
        names[UNASSIGNED] = UNASSIGNED_NAME
    counts = {
        label: {name: int(((dataset.labels == number) & (dataset.split == part)).sum()) for part, name in names.items()}
        for number, label in enumerate(dataset.classes)
    }
    return Report(counts, prepared.bad, tuple(_duplicates(dataset, names, group) for group in prepared.duplicates))


def _duplicates(dataset: Dataset, names: dict[int, str], group: tuple[int, ...]) -> Duplicates:
    classes = tuple(dataset.classes[dataset.labels[i]] for i in group)
    splits = tuple(names[int(dataset.split[i])] for i in group)
    ids = tuple(dataset.ids[i] for i in group)
    return Duplicates(ids, classes, splits, len(set(splits)) > 1, len(set(classes)) > 1)
