"""What networks learn from: inputs by position, in batches, with labels. The loops do not ask what the inputs are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.data.random_streams import random_stream
from alc_tui.errors import UsageError

Positions = NDArray[np.int64]


class BatchSource(Protocol):
    """Inputs by position, whatever they are: what a network is trained and scored on."""

    def __len__(self) -> int:
        """How many samples there are."""

    def training(self, batches: Sequence[Positions], rng: np.random.Generator) -> Iterator[Tensor]:
        """The inputs of each batch as training sees them, augmented by draws from `rng`; on the device."""

    def scoring(self, batches: Sequence[Positions]) -> Iterator[Tensor]:
        """The inputs of each batch without augmentation; on the device."""


@dataclass(frozen=True)
class TrainingData:
    """The n samples that a method learns from, and with which labels.

    source: the inputs. positions: int64[n], where the samples lie in the source. labels: int64[n], 0…C − 1, some of
    them possibly wrong. Raises UsageError if the two arrays differ in length.
    """

    source: BatchSource
    positions: Positions
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        if len(self.positions) != len(self.labels):
            raise UsageError(
                f"{len(self.positions)} positions do not fit {len(self.labels)} labels; specify one label per position."
            )

    def __len__(self) -> int:
        return len(self.positions)


def in_batches(positions: Positions, size: int) -> list[Positions]:
    """Cut `positions` into batches of `size`; a last batch of a single sample joins the one before it.

    A single sample has no batch statistics, which batch normalization needs.
    """
    cuts = list(range(size, len(positions), size))
    if len(positions) > size and len(positions) % size == 1:
        cuts.pop()
    return np.split(positions, cuts) if len(positions) else []


def shuffled(data: TrainingData, size: int, seed: int, *numbers: int) -> Iterator[tuple[NDArray[np.int64], Tensor]]:
    """One epoch over all samples in a random order: batches int64[B] of places among the n samples, with their inputs.

    numbers: phase, epoch and whatever else names the random streams of the order and the augmentation.
    """
    batches = in_batches(random_stream(seed, "order", *numbers).permutation(len(data)), size)
    draws = random_stream(seed, "augmentation", *numbers)
    return zip(batches, data.source.training([data.positions[batch] for batch in batches], draws), strict=True)
