"""A network's answers under dropout before its last layer: draws from what it does not know (Gal and Ghahramani 2016).

`under_dropout` knows the last layer alone: the body, which no dropout changes, is not run again. `in_train_mode` is
what the authors' code takes for it.
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
RATE = 0.5
AT_ONCE = 4096


@torch.no_grad()
def under_dropout(
    features: NDArray[np.float32], weight: Tensor, bias: Tensor, generator: torch.Generator, at_once: int = AT_ONCE
) -> NDArray[np.float32]:
    """Class probabilities in PASSES passes, float32[T, n, C], each sample and pass with a draw of its own.

    features: float32[n, D], the last layer's input, each of whose D values is 0 with probability RATE and else divided
    by 1 − RATE. weight: [C, D]; bias: [C]. generator: of the CPU, so that the draws are the same on every device.
    at_once: how many samples are drawn for at a time.
    """
    weight, bias = weight.cpu(), bias.cpu()
    answers = np.empty((PASSES, len(features), len(weight)), dtype=np.float32)
    for start in range(0, len(features), at_once):
        rows = torch.from_numpy(features[start : start + at_once])
        for answer in answers[:, start : start + at_once]:
            kept = torch.empty_like(rows).bernoulli_(1 - RATE, generator=generator)
            answer[:] = torch.addmm(bias, rows * kept / (1 - RATE), weight.T).softmax(1).numpy()
    return answers


@torch.no_grad()
def in_train_mode(
    network: Network, source: BatchSource, positions: Positions, compute: Compute, batch_size: int
) -> NDArray[np.float32]:
    """Class probabilities in PASSES passes through a network in train mode, float32[T, n, C], n the `positions`.

    A network without dropout of its own differs from pass to pass only where its inputs do; batch normalization goes
    by the statistics of the batch, which a lone sample has none of: it is asked in eval mode. The network is left in
    eval mode, its running statistics as they were.
    """
    buffers = {name: value.clone() for name, value in network.named_buffers()}
    network.train(len(positions) > 1)
    passes = []
    for _ in range(PASSES):
        batches = source.scoring(in_batches(positions, batch_size))
        passes.append(torch.cat([forward(network, inputs, compute)[0].softmax(1) for inputs in batches]))
    for name, value in network.named_buffers():
        value.copy_(buffers[name])
    network.eval()
    return torch.stack(passes).cpu().numpy()
