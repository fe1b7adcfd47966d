"""Summarizes a data set: counts per class and split, bad images, and duplicate images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from alc_tui.data.cache.pixels import BadImage, FramesLeftOut, PreparedImages
from alc_tui.data.dataset import SPLIT_NAMES, UNASSIGNED, Dataset
from alc_tui.data.splits import SharedGroups, shared_groups

UNASSIGNED_NAME = "unassigned"


@dataclass(frozen=True)
class Duplicates:
    """Samples whose images have identical pixels, or almost the same features.

    ids, classes, splits: one per sample. crosses_splits: whether they are in different splits. labels_differ: whether
    their given labels do. similarity: the least of a sample with its nearest by features; None for identical images.
    """

    ids: tuple[str, ...]
    classes: tuple[str, ...]
    splits: tuple[str, ...]
    crosses_splits: bool
    labels_differ: bool
    similarity: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The values, JSON-serializable, by the names that `alc dataset info --json` prints."""
        facts = {
            "ids": self.ids,
            "classes": self.classes,
            "splits": self.splits,
            "crosses_splits": self.crosses_splits,
            "disagrees": self.labels_differ,
        }
        return facts if self.similarity is None else {**facts, "similarity": round(self.similarity, 4)}


@dataclass(frozen=True)
class Report:
    """What a data set contains.

    counts: number of samples by class and split (`train`, `val`, `test`, and, if any, `unassigned`). duplicates: of
    identical pixels. shared_groups: None if there are none. frames_left_out: files with several pages or frames.
    """

    counts: dict[str, dict[str, int]]
    bad: tuple[BadImage, ...]
    duplicates: tuple[Duplicates, ...]
    shared_groups: SharedGroups | None = None
    frames_left_out: tuple[FramesLeftOut, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The values, JSON-serializable, as `alc dataset info --json` prints them."""
        return {
            "counts": self.counts,
            "bad": [asdict(image) for image in self.bad],
            "twins": [group.to_dict() for group in self.duplicates],
            "shared_groups": None if self.shared_groups is None else asdict(self.shared_groups),
            "frames_left_out": [asdict(image) for image in self.frames_left_out],
        }


def report(dataset: Dataset, prepared: PreparedImages) -> Report:
    """What `dataset` contains. prepared: its images, from `PixelCache.prepare`."""
    names = split_names(dataset)
    counts = {
        label: {name: int(((dataset.labels == number) & (dataset.split == part)).sum()) for part, name in names.items()}
        for number, label in enumerate(dataset.classes)
    }
    duplicates = tuple(duplicates_of(dataset, group) for group in prepared.duplicates)
    return Report(counts, prepared.bad, duplicates, shared_groups(dataset), prepared.frames_left_out)


def frames_sentence(left_out: Sequence[FramesLeftOut]) -> str:
    """Of how many files only the first page or frame is used, with an example; "" if of none."""
    if not left_out:
        return ""
    files = "1 file has" if len(left_out) == 1 else f"{len(left_out):,} files have"
    first = left_out[0]
    return (
        f"{files} several pages or frames, of which only the first is used, such as {first.locator} with "
        f"{first.frames:,}."
    )


def duplicates_of(dataset: Dataset, group: Sequence[int], similarity: float | None = None) -> Duplicates:
    """The samples at these positions, see `Duplicates`."""
    names = split_names(dataset)
    classes = tuple(dataset.classes[dataset.labels[i]] for i in group)
    splits = tuple(names[int(dataset.split[i])] for i in group)
    ids = tuple(dataset.ids[i] for i in group)
    return Duplicates(ids, classes, splits, len(set(splits)) > 1, len(set(classes)) > 1, similarity)


def split_names(dataset: Dataset) -> dict[int, str]:
    """The names of the splits by number, with that of unassigned samples if there are any."""
    names = dict(enumerate(SPLIT_NAMES))
    return names | {UNASSIGNED: UNASSIGNED_NAME} if (dataset.split == UNASSIGNED).any() else names
