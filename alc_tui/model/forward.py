"""Forward passes: of a batch, of a whole data set in eval mode, and in micro-batches if GPU memory runs out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.errors import TrainingFailed
from alc_tui.model.batches import BatchSource, Positions, in_batches
from alc_tui.model.device import Compute
from alc_tui.model.networks import Network

Output = tuple[Tensor, Tensor]
"""Logits [B, C] and features [B, D]."""
T = TypeVar("T")


def forward(network: Network, inputs: Tensor, compute: Compute) -> tuple[Tensor, Tensor]:
    """Logits [B, C] and features [B, D], the features computed in the device's precision.

    The head is computed in float32, so that losses and rankings have more precision than the 8 bits of bf16.
    """
    layout = compute.memory_format if inputs.dim() == 4 else torch.contiguous_format
    with compute.autocast():
        features = network.body(inputs.contiguous(memory_format=layout)).float()
    return network.head(features), features


def sample_losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each sample, float32[B]."""
    return F.cross_entropy(logits, labels, reduction="none")


def move_to_device(network: Network, compute: Compute) -> Network:
    """Move a network to the device, in its memory format."""
    network.to(device=compute.device)
    network.to(memory_format=compute.memory_format)
    return network


@torch.no_grad()
def predict(
    networks: tuple[Network, ...],
    source: BatchSource,
    positions: Positions,
    compute: Compute,
    batch_size: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Eval-mode logits float32[K, n, C] of K networks and features float32[n, D] of the first, not augmented."""
    for network in networks:
        network.eval()
    memory = MicroBatches()
    logits, features = [], []
    for inputs in source.scoring(in_batches(positions, batch_size)):
        for part in memory.run(partial(_outputs, networks, inputs, compute), len(inputs)):
            logits.append(part[0])
            features.append(part[1])
    return torch.cat(logits, 1).cpu().numpy(), torch.cat(features).cpu().numpy()


def _outputs(
    networks: tuple[Network, ...], inputs: Tensor, compute: Compute, slices: list[slice]
) -> list[tuple[Tensor, Tensor]]:
    """Per slice of a batch, the logits [K, b, C] of all networks and the features [b, D] of the first."""
    parts = []
    for part in slices:
        outputs = [forward(network, inputs[part], compute) for network in networks]
        parts.append((torch.stack([logits for logits, _ in outputs]), outputs[0][1]))
    return parts


class MicroBatches:
    """Runs a step in as many parts as the GPU memory requires; each out-of-memory error permanently doubles their
    number."""

    def __init__(self) -> None:
        self.parts = 1
        self._notices: list[str] = []

    def run(self, step: Callable[[list[slice]], T], batch_size: int) -> T:
        """`step` over the slices of a batch; raises TrainingFailed if even single samples do not fit."""
        while True:
            try:
                return step(self._slices(batch_size))
            except torch.cuda.OutOfMemoryError as error:
                if self.parts >= batch_size:
                    raise TrainingFailed(
                        "A single sample does not fit in GPU memory; specify a smaller --image-size or --backbone."
                    ) from error
                self.parts *= 2
                self._notices.append(
                    f"CUDA out of memory: batches of {batch_size} now run in parts of {-(-batch_size // self.parts)}."
                )
            torch.cuda.empty_cache()

    def notify(self, notice: str) -> None:
        """Add a notice about memory."""
        self._notices.append(notice)

    def notices(self) -> tuple[str, ...]:
        """The notices since the last call."""
        notices, self._notices = tuple(self._notices), []
        return notices

    def _slices(self, batch_size: int) -> list[slice]:
        size = max(-(-batch_size // self.parts), 2)
        edges = [*range(0, batch_size, size), batch_size]
        if len(edges) > 2 and edges[-1] - edges[-2] == 1:
            del edges[-2]
        return [slice(start, stop) for start, stop in pairwise(edges)]
