"""Batch normalization while a network learns from one sample, whose features have no variance where a map has one
position.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@contextmanager
def single_sample(networks: Sequence[nn.Module]) -> Iterator[None]:
    """Normalize what has one value per feature by the running statistics, which stay as they are; maps with more
    positions have statistics of their own."""
    layers = [layer for network in networks for layer in network.modules() if isinstance(layer, _BatchNorm)]
    hooks = [layer.register_forward_pre_hook(_freeze_if_single) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _freeze_if_single(layer: nn.Module, arguments: tuple[Tensor, ...]) -> None:
    """Set a layer to eval mode, until the next `train`, if its input [B, C, …] has at most one value per feature. Of
    processes that train together, only one has the sample."""
    (inputs,) = arguments
    if len(inputs) <= 1 and inputs.shape[2:].numel() == 1:
        layer.eval()
