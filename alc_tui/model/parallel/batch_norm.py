"""Batch normalization with the statistics of whole batches, of which each process has a part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from alc_tui.model.parallel.group import Group


class SynchronizedBatchNorm(nn.SyncBatchNorm):
    """torch's synchronized batch normalization, also on CPUs. The names of its state are those of the layer that it
    replaces; timm's layers that drop and activate go on doing so."""

    def __init__(self, layer: _BatchNorm, group: Group) -> None:
        super().__init__(layer.num_features, layer.eps, layer.momentum, layer.affine, layer.track_running_stats)
        self._group = group
        for name, value in [*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)]:
            setattr(self, name, value)
        self.drop, self.act = getattr(layer, "drop", nn.Identity()), getattr(layer, "act", nn.Identity())
        self.train(layer.training)

    def forward(self, inputs: Tensor) -> Tensor:
        """Normalize [b, C, …], the part of this process."""
        shared = self._on_cpu(inputs) if self.training and inputs.device.type == "cpu" else super().forward(inputs)
        activated: Tensor = self.act(self.drop(shared))
        return activated

    def _on_cpu(self, inputs: Tensor) -> Tensor:
        shape = [1, -1] + [1] * (inputs.dim() - 2)
        wide = inputs if inputs.dtype in (torch.float32, torch.float64) else inputs.float()
        own_mean, own_square = _moments(wide)
        count = own_mean.new_full((self.num_features,), inputs.numel() // inputs.shape[1])
        sums: Tensor = _Sum.apply(torch.stack([own_mean * count, own_square * count, count]), self._group)
        mean, square, total = sums[0] / sums[2], sums[1] / sums[2], sums[2]
        variance = (square - mean * mean).clamp(min=0)
        self._update(mean.detach(), (variance * total / (total - 1)).detach())
        scale = (variance + self.eps).rsqrt() * (self.weight if self.affine else 1)
        shift = (self.bias if self.affine else 0) - mean * scale
        normalized = torch.addcmul(shift.to(wide.dtype).view(shape), wide, scale.to(wide.dtype).view(shape))
        return normalized.to(inputs.dtype)

    @torch.no_grad()
    def _update(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_(variance.to(self.running_var.dtype), share)


def _moments(inputs: Tensor) -> tuple[Tensor, Tensor]:
    """The means of [b, C, …] and of its squares per feature, float64[C]; zeros for no samples."""
    dimensions = [0, *range(2, inputs.dim())]
    if not len(inputs):
        nothing = inputs.sum(dimensions).double()
        return nothing, nothing
    variance, mean = (each.double() for each in torch.var_mean(inputs, dimensions, correction=0))
    return mean, variance + mean * mean


class _Sum(torch.autograd.Function):
    """The sum over the processes. Each one's loss depends on the sum, so its gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, group: Group) -> Tensor:
        ctx.group = group
        total = own.clone()
        group.sum([total])
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        total = gradients[0].clone()
        ctx.group.sum([total])
        return total, None


def synchronize_statistics(network: nn.Module, group: Group) -> None:
    """Let the batch normalization of a network use the statistics of whole batches, if the group has several
    processes."""
    if group.size == 1:
        return
    for name, layer in network.named_children():
        if isinstance(layer, _BatchNorm):
            setattr(network, name, SynchronizedBatchNorm(layer, group))
        else:
            synchronize_statistics(layer, group)


def running_statistics(network: nn.Module) -> Iterator[Tensor]:
    """The running means and variances of a network's batch normalization."""
    for layer in network.modules():
        if isinstance(layer, _BatchNorm) and layer.running_mean is not None and layer.running_var is not None:
            yield from (layer.running_mean, layer.running_var)
