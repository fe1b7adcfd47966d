"""Heads on frozen features: a linear layer, or a hidden layer before it, on standardized features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alc_tui.model.networks import Network, drawn_from
from alc_tui.model.sizes import HIDDEN_UNITS

_LEAST_SCALE = 0.01
"""The smallest standard deviation that counts, relative to the typical one: a dimension that hardly varies must not
dominate."""


@dataclass(frozen=True)
class FeatureStatistics:
    """Mean and scale of each dimension, float32[D]; scale > 0."""

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    @property
    def dimensions(self) -> int:
        """D."""
        return len(self.mean)


class Standardization(nn.Module):
    """Subtracts the mean and divides by the scale, per dimension: features [B, D] to [B, D]."""

    mean: Tensor
    scale: Tensor

    def __init__(self, statistics: FeatureStatistics) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(statistics.mean.copy()))
        self.register_buffer("scale", torch.from_numpy(statistics.scale.copy()))

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        return (features - self.mean) / self.scale


def statistics_of(features: NDArray[np.float32]) -> FeatureStatistics:
    """Mean and standard deviation of features float32[n, D], n ≥ 1; see `_LEAST_SCALE`."""
    mean, variance = features.mean(0, dtype=np.float64), features.var(0, dtype=np.float64)
    scale = np.maximum(np.sqrt(variance), _LEAST_SCALE * np.sqrt(variance.mean()))
    return FeatureStatistics(mean.astype(np.float32), np.where(scale > 0, scale, 1.0).astype(np.float32))


def build_head(statistics: FeatureStatistics, hidden: bool, classes: int, seed: int) -> Network:
    """A network from features [B, D] to `classes` logits, initialized from `seed`. hidden: with a hidden layer."""
    layers: list[nn.Module] = [Standardization(statistics)]
    with drawn_from(seed):
        if hidden:
            layers += [nn.Linear(statistics.dimensions, HIDDEN_UNITS), nn.ReLU()]
        return Network(nn.Sequential(*layers), nn.Linear(HIDDEN_UNITS if hidden else statistics.dimensions, classes))


def folded(network: Network) -> nn.Linear:
    """The linear head of a network without a hidden layer, for features that are not standardized."""
    (standardization,) = network.body.children()
    assert isinstance(standardization, Standardization)
    weight = network.head.weight / standardization.scale
    head = nn.Linear(network.head.in_features, network.head.out_features)
    with torch.no_grad():
        head.weight.copy_(weight)
        head.bias.copy_(network.head.bias - weight @ standardization.mean)
    return head
