"""Summarizes a data set: counts per class and split, bad images, and duplicate images."""

from __future__ import annotations

from dataclasses import dataclass

from alc_tui.data.cache.pixels import BadImage, PreparedImages
from alc_tui.data.dataset import SPLIT_NAMES, UNASSIGNED, Dataset

UNASSIGNED_NAME = "unassigned"


@dataclass(frozen=True)
class Twins:
    """Samples whose images have identical pixels.

    ids, classes, splits: one per sample. crosses_splits: whether they are in different splits. disagrees: whether their
    given labels differ.
    """

    ids: tuple[str, ...]
    classes: tuple[str, ...]
    splits: tuple[str, ...]
    crosses_splits: bool
    disagrees: bool


@dataclass(frozen=True)
class Report:
    """What a data set contains.

    counts: number of samples by class and split (`train`, `val`, `test`, and, if any, `unassigned`).
    """

    counts: dict[str, dict[str, int]]
    bad: tuple[BadImage, ...]
    twins: tuple[Twins, ...]


def report(dataset: Dataset, prepared: PreparedImages) -> Report:
    """What `dataset` contains. prepared: its images, from `PixelCache.prepare`."""
    names = dict(enumerate(SPLIT_NAMES))
    if (dataset.split == UNASSIGNED).any():
        names[UNASSIGNED] = UNASSIGNED_NAME
    counts = {
        label: {name: int(((dataset.labels == number) & (dataset.split == part)).sum()) for part, name in names.items()}
        for number, label in enumerate(dataset.classes)
    }
    return Report(counts, prepared.bad, tuple(_twins(dataset, names, group) for group in prepared.twins))


def _twins(dataset: Dataset, names: dict[int, str], group: tuple[int, ...]) -> Twins:
    classes = tuple(dataset.classes[dataset.labels[i]] for i in group)
    splits = tuple(names[int(dataset.split[i])] for i in group)
    ids = tuple(dataset.ids[i] for i in group)
    return Twins(ids, classes, splits, len(set(splits)) > 1, len(set(classes)) > 1)
