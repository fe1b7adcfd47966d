"""Splits samples into train, validation, and test. Depends on positions and groups only, not on images."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.dataset import TEST, TRAIN, UNASSIGNED, VAL, Dataset
from alc_tui.errors import UsageError

SPLITS = ("image", "lesion", "given")
PAPER_FRACTIONS = (Fraction(7, 10), Fraction(1, 10))
TRAIN_OF_TWO = Fraction(8, 10)
_NAMES = {
    TRAIN: re.compile(r"(?:train|training|trn)(?:[ _-]?(?:set|split|data|images?))?", re.IGNORECASE),
    VAL: re.compile(r"(?:val|valid|validation|dev)(?:[ _-]?(?:set|split|data|images?))?", re.IGNORECASE),
    TEST: re.compile(r"(?:test|testing|tst)(?:[ _-]?(?:set|split|data|images?))?", re.IGNORECASE),
}


@dataclass(frozen=True)
class SharedGroups:
    """Groups of samples, such as lesions or patients, that are in several splits.

    column: where the groups come from. groups: how many are in several splits, and samples: how many samples they have.
    leaking: test samples whose group has a training sample.
    """

    column: str
    groups: int
    samples: int
    leaking: int

    def sentence(self) -> str:
        """A warning."""
        return (
            f"Warning: {self.samples:,} samples share their {self.column} with samples in another split (values: "
            f"{self.groups:,}; test samples that share one with a training sample: {self.leaking:,}), so that test "
            "scores may be too high; use --split lesion to keep them together."
        )


def split_of(name: str) -> int | None:
    """TRAIN, VAL or TEST for a common name of a split, such as `train`, `Training`, `valid` or `test_set`; else
    None."""
    return next((part for part, pattern in _NAMES.items() if pattern.fullmatch(name.strip())), None)


def random_split(
    n: int, rng: np.random.Generator, fractions: tuple[Fraction, Fraction] = PAPER_FRACTIONS
) -> NDArray[np.int8]:
    """int8[n]: ⌊0.7 n⌋ samples TRAIN, ⌊0.1 n⌋ VAL, the rest TEST, at random (the paper's split, by image)."""
    ordered = np.repeat(np.array([TRAIN, VAL, TEST], dtype=np.int8), _sizes(n, fractions))
    return _shuffled(ordered, rng)


def two_way(n: int, rng: np.random.Generator, train: Fraction = TRAIN_OF_TWO) -> NDArray[np.int8]:
    """int8[n]: ⌊0.8 n⌋ samples TRAIN, the rest VAL, at random; for data that has its own test set."""
    training = int(n * train)
    return _shuffled(np.repeat(np.array([TRAIN, VAL], dtype=np.int8), (training, n - training)), rng)


def group_split(
    groups: Sequence[str], rng: np.random.Generator, fractions: tuple[Fraction, Fraction] = PAPER_FRACTIONS
) -> NDArray[np.int8]:
    """int8[n] like `random_split`, but with all samples of a group in one split; each "" is a separate group.

    Larger groups are placed first, each at random in proportion to the capacity left, so that single samples fill the
    gaps: the sizes equal those of `random_split` whenever the groups allow it.
    """
    members: dict[str, list[int]] = {}
    for position, group in enumerate(groups):
        members.setdefault(group or f"\0{position}", []).append(position)
    member_lists = list(members.values())
    ordered = [member_lists[i] for i in rng.permutation(len(members))]
    ordered.sort(key=len, reverse=True)
    capacity = np.array(_sizes(len(groups), fractions))
    split = np.full(len(groups), UNASSIGNED, dtype=np.int8)
    for positions, draw in zip(ordered, rng.random(len(ordered)), strict=True):
        part = _draw_part(capacity, len(positions), draw)
        capacity[part] -= len(positions)
        split[positions] = part
    return split


def assign(dataset: Dataset, how: str | None, rng: np.random.Generator) -> Dataset:
    """The data set with every sample in TRAIN, VAL or TEST.

    how: `image` (0.7/0.1/0.2 at random), `lesion` (the same, with groups kept together), `given` (the split that comes
    with the data; unassigned samples are split 0.8/0.2), or None: `given` if the data has a split, else `image`. Raises
    UsageError for an unknown `how`, `lesion` without groups, `given` without a split.
    """
    if how is not None and how not in SPLITS:
        raise UsageError(f"Unknown split {how!r}; use one of {', '.join(SPLITS)}.")
    has_split = bool((dataset.split != UNASSIGNED).any())
    if how == "given" and not has_split:
        raise UsageError(f"The data set {dataset.name!r} has no split; use --split image.")
    if how == "lesion":
        return replace(dataset, split=group_split(_groups(dataset), rng))
    if how == "image" or not has_split:
        return replace(dataset, split=random_split(len(dataset), rng))
    split, unassigned = dataset.split.copy(), np.flatnonzero(dataset.split == UNASSIGNED)
    split[unassigned] = two_way(len(unassigned), rng)
    return replace(dataset, split=split)


def shared_groups(dataset: Dataset) -> SharedGroups | None:
    """The groups of a data set that are in several splits, None if there are none."""
    splits: dict[str, list[int]] = {}
    for group, part in zip(dataset.groups or (), dataset.split.tolist(), strict=False):
        if group:
            splits.setdefault(group, []).append(part)
    shared = [parts for parts in splits.values() if len(set(parts)) > 1]
    if not shared:
        return None
    leaking = sum(parts.count(TEST) for parts in shared if TRAIN in parts)
    return SharedGroups(dataset.group_column, len(shared), sum(map(len, shared)), leaking)


def _groups(dataset: Dataset) -> tuple[str, ...]:
    if dataset.groups is None or not any(dataset.groups):
        raise UsageError(f"The data set {dataset.name!r} has no groups of samples, such as lesions; use --split image.")
    return dataset.groups


def _sizes(n: int, fractions: tuple[Fraction, Fraction]) -> tuple[int, int, int]:
    train, val = int(n * fractions[0]), int(n * fractions[1])
    return train, val, n - train - val


def _shuffled(ordered: NDArray[np.int8], rng: np.random.Generator) -> NDArray[np.int8]:
    split = np.empty_like(ordered)
    split[rng.permutation(len(ordered))] = ordered
    return split


def _draw_part(capacity: NDArray[np.int64], size: int, draw: float) -> int:
    """TRAIN, VAL or TEST for a group of `size` samples; draw: uniform in [0, 1)."""
    fitting = np.where(capacity >= size, capacity, 0)
    if not fitting.any():
        return int(capacity.argmax())
    return int(np.searchsorted(np.cumsum(fitting), draw * fitting.sum(), side="right"))
