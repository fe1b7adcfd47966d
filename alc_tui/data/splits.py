"""Train, validation and test: who goes where. Knows labels' positions and groups, no images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.dataset import TEST, TRAIN, UNASSIGNED, VAL, Dataset
from alc_tui.errors import UsageError

SPLITS = ("image", "lesion", "given")
PAPER_FRACTIONS = (Fraction(7, 10), Fraction(1, 10))
TRAIN_OF_TWO = Fraction(8, 10)


def random_split(
    n: int, rng: np.random.Generator, fractions: tuple[Fraction, Fraction] = PAPER_FRACTIONS
) -> NDArray[np.int8]:
    """int8[n]: ⌊0.7 n⌋ samples TRAIN, ⌊0.1 n⌋ VAL, the rest TEST, at random (the paper's split, by image)."""
    ordered = np.repeat(np.array([TRAIN, VAL, TEST], dtype=np.int8), _sizes(n, fractions))
    return _shuffled(ordered, rng)


def two_way(n: int, rng: np.random.Generator, train: Fraction = TRAIN_OF_TWO) -> NDArray[np.int8]:
    """int8[n]: ⌊0.8 n⌋ samples TRAIN, the rest VAL, at random; for data whose test set is fixed."""
    kept = int(n * train)
    return _shuffled(np.repeat(np.array([TRAIN, VAL], dtype=np.int8), (kept, n - kept)), rng)


def group_split(
    groups: Sequence[str], rng: np.random.Generator, fractions: tuple[Fraction, Fraction] = PAPER_FRACTIONS
) -> NDArray[np.int8]:
    """int8[n] like `random_split`, but all samples of a group on one side; each "" is a group of its own.

    Larger groups are placed first, each at random in proportion to the room left, and samples that stand
    alone fill up: the sizes are those of `random_split` wherever the groups allow it.
    """
    members: dict[str, list[int]] = {}
    for position, group in enumerate(groups):
        members.setdefault(group or f"\0{position}", []).append(position)
    positions_of = list(members.values())
    placed = [positions_of[i] for i in rng.permutation(len(members))]
    placed.sort(key=len, reverse=True)
    room = np.array(_sizes(len(groups), fractions))
    split = np.full(len(groups), UNASSIGNED, dtype=np.int8)
    for positions, draw in zip(placed, rng.random(len(placed)), strict=True):
        side = _side(room, len(positions), draw)
        room[side] -= len(positions)
        split[positions] = side
    return split


def assign(dataset: Dataset, how: str | None, rng: np.random.Generator) -> Dataset:
    """The data set with every sample in TRAIN, VAL or TEST.

    how: `image` (0.7/0.1/0.2 at random), `lesion` (the same, groups kept together), `given` (as the data
    came, with 0.8/0.2 of the samples that it leaves open), or None: `given` where the data came with a
    split, else `image`.
    Raises UsageError for an unknown `how`, `lesion` without groups, `given` without a split.
    """
    if how is not None and how not in SPLITS:
        raise UsageError(f"There is no split {how!r}: use one of {', '.join(SPLITS)}.")
    came_with_data = bool((dataset.split != UNASSIGNED).any())
    if how == "given" and not came_with_data:
        raise UsageError(f"The data set {dataset.name!r} came without a split: use --split image.")
    if how == "lesion":
        return replace(dataset, split=group_split(_groups(dataset), rng))
    if how == "image" or not came_with_data:
        return replace(dataset, split=random_split(len(dataset), rng))
    split, left = dataset.split.copy(), np.flatnonzero(dataset.split == UNASSIGNED)
    split[left] = two_way(len(left), rng)
    return replace(dataset, split=split)


def _groups(dataset: Dataset) -> tuple[str, ...]:
    if dataset.groups is None or not any(dataset.groups):
        raise UsageError(
            f"The data set {dataset.name!r} does not say which samples belong together: use --split image."
        )
    return dataset.groups


def _sizes(n: int, fractions: tuple[Fraction, Fraction]) -> tuple[int, int, int]:
    train, val = int(n * fractions[0]), int(n * fractions[1])
    return train, val, n - train - val


def _shuffled(ordered: NDArray[np.int8], rng: np.random.Generator) -> NDArray[np.int8]:
    split = np.empty_like(ordered)
    split[rng.permutation(len(ordered))] = ordered
    return split


def _side(room: NDArray[np.int64], size: int, draw: float) -> int:
    """TRAIN, VAL or TEST for a group of `size` samples; draw: uniform in [0, 1)."""
    open_to = np.where(room >= size, room, 0)
    if not open_to.any():
        return int(room.argmax())
    return int(np.searchsorted(np.cumsum(open_to), draw * open_to.sum(), side="right"))
