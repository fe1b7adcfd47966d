"""Monte Carlo dropout before the last layer, to estimate uncertainty (Gal and Ghahramani 2016).

`under_dropout` only needs the last layer: the body is not affected by this dropout and is not run again.
`in_train_mode` is what the authors' code of active label refinement does instead.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.model.batches import BatchSource, Positions, in_batches
from alc_tui.model.device import Compute
from alc_tui.model.forward import forward
from alc_tui.model.networks import Network

PASSES = 20
"""T, unless specified."""
RATE = 0.5
CHUNK_SIZE = 4096


@torch.no_grad()
def under_dropout(
    features: NDArray[np.float32],
    weight: Tensor,
    bias: Tensor,
    generator: torch.Generator,
    chunk_size: int = CHUNK_SIZE,
    passes: int = PASSES,
) -> NDArray[np.float32]:
    """Class probabilities in T passes, float32[T, n, C], with a separate draw for each sample and pass.

    features: float32[n, D], the last layer's input, each of whose D values is set to 0 with probability RATE and
    divided by 1 − RATE otherwise. weight: [C, D]; bias: [C]. generator: on the CPU, so that the draws are the same on
    every device. chunk_size: how many samples are processed at a time.
    """
    weight, bias = weight.cpu(), bias.cpu()
    probabilities = np.empty((passes, len(features), len(weight)), dtype=np.float32)
    for start in range(0, len(features), chunk_size):
        rows = torch.from_numpy(features[start : start + chunk_size])
        for one_pass in probabilities[:, start : start + chunk_size]:
            mask = torch.empty_like(rows).bernoulli_(1 - RATE, generator=generator)
            one_pass[:] = torch.addmm(bias, rows * mask / (1 - RATE), weight.T).softmax(1).numpy()
    return probabilities


@torch.no_grad()
def in_train_mode(
    network: Network,
    source: BatchSource,
    positions: Positions,
    compute: Compute,
    batch_size: int,
    passes: int = PASSES,
) -> NDArray[np.float32]:
    """Class probabilities in T passes through a network in train mode, float32[T, n, C], n the `positions`.

    The predictions of a network without dropout layers differ from pass to pass only if its inputs do. Batch
    normalization uses the statistics of the batch; a single sample has none and is predicted in eval mode. Afterwards
    the network is in eval mode, with its running statistics unchanged.
    """
    buffers = {name: value.clone() for name, value in network.named_buffers()}
    network.train(len(positions) > 1)
    probabilities = []
    for _ in range(passes):
        batches = source.scoring(in_batches(positions, batch_size))
        probabilities.append(torch.cat([forward(network, inputs, compute)[0].softmax(1) for inputs in batches]))
    for name, value in network.named_buffers():
        value.copy_(buffers[name])
    network.eval()
    return torch.stack(probabilities).cpu().numpy()
