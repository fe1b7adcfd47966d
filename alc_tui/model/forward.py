"""Forward passes: of a batch, of a whole data set in eval mode, and in micro-batches if GPU memory runs out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.errors import TrainingFailed
from alc_tui.model.batches import BatchSource, Positions, in_batches, in_parts
from alc_tui.model.device import Compute
from alc_tui.model.networks import Network

SCORED_AT_ONCE = 4
"""Batches that a GPU scores at once, because without gradients they take little memory."""
OUT_OF_MEMORY = ("CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
"""How the libraries of CUDA say that memory ran out."""
Output = tuple[Tensor, Tensor]
"""Logits [B, C] and features [B, D]."""
T = TypeVar("T")


def forward(network: Network, inputs: Tensor, compute: Compute) -> tuple[Tensor, Tensor]:
    """Logits [B, C] and features [B, D], the features computed in the device's precision.

    The head is computed in its own precision, float32, so that losses and rankings have more of it than the 8 bits of
    bf16.
    """
    layout = compute.memory_format if inputs.dim() == 4 else torch.contiguous_format
    inputs = inputs.contiguous(memory_format=layout)
    compiler = compute.compiler if network.training else None
    with compute.autocast():
        if compiler is not None and compiler.takes(inputs):
            features = compiler.features(network.body, inputs)
        else:
            features = network.body(inputs)
        features = features.to(network.head.weight.dtype)
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
    """Eval-mode logits float32[K, n, C] of K networks and features float32[n, D] of the first, not augmented.

    Each of the processes that train together computes a part of every batch.
    """
    head = networks[0].head
    features = [head.weight.new_empty((0, head.in_features))]
    batch_size = _scored_at_once(compute, batch_size)
    logits = _gathered_logits(networks, source, positions, compute, batch_size, features.append)
    rows = _own_rows(in_batches(positions, batch_size), compute)
    return logits, compute.group.gather(torch.cat(features), rows, len(positions)).cpu().numpy()


@torch.no_grad()
def predict_logits(
    networks: tuple[Network, ...],
    source: BatchSource,
    positions: Positions,
    compute: Compute,
    batch_size: int,
) -> NDArray[np.float32]:
    """The logits of `predict`, without keeping the features of all samples."""
    batch_size = _scored_at_once(compute, batch_size)
    return _gathered_logits(networks, source, positions, compute, batch_size, lambda _features: None)


def _scored_at_once(compute: Compute, batch_size: int) -> int:
    return SCORED_AT_ONCE * batch_size if compute.device.type == "cuda" else batch_size


def _gathered_logits(
    networks: tuple[Network, ...],
    source: BatchSource,
    positions: Positions,
    compute: Compute,
    batch_size: int,
    on_features: Callable[[Tensor], object],
) -> NDArray[np.float32]:
    """Logits float32[K, n, C]; `on_features` receives the features [b, D] of what this process computes."""
    for network in networks:
        network.eval()
    memory, head = MicroBatches(), networks[0].head
    logits = [head.weight.new_empty((len(networks), 0, head.out_features))]
    batches = in_batches(positions, batch_size)
    for inputs in source.scoring(batches, compute.group.part):
        if not len(inputs):
            continue
        for part in memory.run(partial(_outputs, networks, inputs, compute), len(inputs)):
            logits.append(part[0])
            on_features(part[1])
    rows = _own_rows(batches, compute)
    by_network = [compute.group.gather(each, rows, len(positions)) for each in torch.cat(logits, 1)]
    gathered: NDArray[np.float32] = torch.stack(by_network).cpu().numpy()
    return gathered


def _own_rows(batches: Sequence[Positions], compute: Compute) -> Tensor:
    """The places of the samples that this process computes, among those of all batches, int64[b] on the device."""
    starts = np.cumsum([0, *map(len, batches)])
    parts = [compute.group.part(len(batch)) for batch in batches]
    places = [start + np.arange(part.start, part.stop) for start, part in zip(starts, parts, strict=False)]
    return torch.from_numpy(np.concatenate([starts[:0], *places])).to(compute.device)


def _outputs(
    networks: tuple[Network, ...], inputs: Tensor, compute: Compute, slices: list[slice]
) -> list[tuple[Tensor, Tensor]]:
    """Per slice of a batch, the logits [K, b, C] of all networks and the features [b, D] of the first."""
    parts = []
    for part in slices:
        outputs = [forward(network, inputs[part], compute) for network in networks]
        parts.append((torch.stack([logits for logits, _ in outputs]), outputs[0][1]))
    return parts


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether the memory of a GPU ran out: that of torch, or that which its libraries allocate."""
    return isinstance(error, torch.cuda.OutOfMemoryError) or any(words in str(error) for words in OUT_OF_MEMORY)


class MicroBatches:
    """Runs a step in as many parts as the GPU memory requires; each out-of-memory error permanently doubles their
    number.

    splits: whether it does so; processes that train together must all take the same steps, so theirs are whole.
    """

    def __init__(self, splits: bool = True) -> None:
        self.parts, self._splits = 1, splits
        self._notices: list[str] = []

    def run(self, step: Callable[[list[slice]], T], batch_size: int) -> T:
        """`step` over the slices of a batch; raises TrainingFailed if it cannot be split into parts that fit."""
        while True:
            try:
                return step(self._slices(batch_size))
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                if not self._splits:
                    raise TrainingFailed(
                        f"This GPU's part of a batch of {batch_size} does not fit in its memory; train with more GPUs, "
                        "or with one, which computes a batch in parts."
                    ) from error
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
        """Add a notice for the user."""
        self._notices.append(notice)

    def notices(self) -> tuple[str, ...]:
        """The notices since the last call."""
        notices, self._notices = tuple(self._notices), []
        return notices

    def _slices(self, batch_size: int) -> list[slice]:
        return in_parts(batch_size, self.parts)
