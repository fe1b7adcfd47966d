"""Training data: batches of inputs by position, with labels. The loops do not depend on the type of input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.data.random_streams import random_stream
from alc_tui.errors import UsageError

Positions = NDArray[np.int64]
Part = Callable[[int], slice]
"""Which samples of a batch to load, by the number of its samples."""


def whole(length: int) -> slice:
    """All samples of a batch."""
    return slice(0, length)


class BatchSource(Protocol):
    """Inputs of any type by position, for training and scoring a network."""

    def __len__(self) -> int:
        """The number of samples."""

    def training(self, batches: Sequence[Positions], rng: np.random.Generator, part: Part = whole) -> Iterator[Tensor]:
        """The inputs of a part of each batch for training, randomly augmented using `rng`, on the device.

        `rng` is drawn from for whole batches, so that a sample's augmentation does not depend on the part.
        """

    def scoring(self, batches: Sequence[Positions], part: Part = whole) -> Iterator[Tensor]:
        """The inputs of a part of each batch without augmentation; on the device."""


@dataclass(frozen=True)
class TrainingData:
    """The n samples that a method is trained on, with their labels.

    source: the inputs. positions: int64[n], of the samples in the source. labels: int64[n] in [0, C − 1], possibly
    noisy. weights: float64[n] ≥ 0: an epoch consists of n draws with replacement, in proportion to them; None for each
    sample once. Raises UsageError if the arrays differ in length.
    """

    source: BatchSource
    positions: Positions
    labels: NDArray[np.int64]
    weights: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if self.weights is not None and len(self.weights) != len(self.labels):
            raise UsageError(
                f"{len(self.weights)} weights do not match {len(self.labels)} labels; specify one weight per label."
            )
        if len(self.positions) != len(self.labels):
            raise UsageError(
                f"{len(self.positions)} positions do not match {len(self.labels)} labels; specify one label per "
                "position."
            )

    def __len__(self) -> int:
        return len(self.positions)


def in_batches(positions: Positions, size: int) -> list[Positions]:
    """Split `positions` into batches of `size`; a last batch with a single sample is merged into the previous one.

    A single sample has no batch statistics, which batch normalization needs; where there is only one, see
    `single_sample`.
    """
    cuts = list(range(size, len(positions), size))
    if len(positions) > size and len(positions) % size == 1:
        cuts.pop()
    return np.split(positions, cuts) if len(positions) else []


def in_parts(length: int, parts: int, least: int = 2) -> list[slice]:
    """Split a batch into at most `parts` parts of at least `least` samples, as equal as possible; a last part with a
    single sample, which has no batch statistics, is merged into the previous one if `least` is more than 1."""
    size = max(-(-length // parts), least)
    edges = [*range(0, length, size), length]
    if len(edges) > 2 and edges[-1] - edges[-2] == 1 < least:
        del edges[-2]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def shuffled(
    data: TrainingData, size: int, seed: int, *numbers: int, part: Part = whole
) -> Iterator[tuple[NDArray[np.int64], Tensor]]:
    """One epoch of samples in random order: batches int64[B] of sample indices, with the inputs of a part of each.

    numbers: phase, epoch, and any other numbers that identify the random streams of the order and the augmentation.
    """
    order = random_stream(seed, "order", *numbers)
    if data.weights is None:
        indices = order.permutation(len(data))
    else:
        indices = order.choice(len(data), len(data), p=data.weights / data.weights.sum())
    batches = in_batches(indices, size)
    draws = random_stream(seed, "augmentation", *numbers)
    return zip(batches, data.source.training([data.positions[batch] for batch in batches], draws, part), strict=True)
