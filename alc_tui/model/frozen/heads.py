"""Heads on frozen features: a linear layer, or a hidden layer before it, on the principal components of the features.

The components keep their proportions: a scale of its own for each dimension would magnify the many that hardly vary,
which heads use to memorize wrong labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alc_tui.model.networks import Network, drawn_from
from alc_tui.model.sizes import HIDDEN_UNITS, PRINCIPAL_COMPONENTS

_ROWS = 4096


@dataclass(frozen=True)
class Projection:
    """Features to their components in the directions in which they vary most (Pearson 1901), scaled alike.

    mean: float32[D], of the features. directions: float32[D, K], with K = min(D, PRINCIPAL_COMPONENTS), the one of
    the largest variance first. The components of the features that they come from have mean 0 and, over all K, mean
    square 1 (0 if the features are constant).
    """

    mean: Tensor
    directions: Tensor

    def components(self, features: NDArray[np.float32]) -> Tensor:
        """Features float32[n, D] to components float32[n, K]."""
        parts = [torch.from_numpy(features[start : start + _ROWS]) for start in range(0, len(features), _ROWS)]
        return torch.cat([(part - self.mean) @ self.directions for part in parts])


def principal_components(features: NDArray[np.float32]) -> Projection:
    """The projection on the principal components of features float32[n, D], n ≥ 1. The largest entry of each direction
    is positive, so that the order of the samples determines no sign."""
    mean = features.mean(0, dtype=np.float64)
    covariance = torch.zeros(features.shape[1], features.shape[1], dtype=torch.float64)
    for start in range(0, len(features), _ROWS):
        centered = torch.from_numpy(features[start : start + _ROWS] - mean)
        covariance += centered.T @ centered / len(features)
    variances, directions = torch.linalg.eigh(covariance)
    variances, directions = variances.flip(0)[:PRINCIPAL_COMPONENTS], directions.flip(1)[:, :PRINCIPAL_COMPONENTS]
    largest = directions.gather(0, directions.abs().argmax(0, keepdim=True))
    mean_square = float(variances.mean())
    scale = mean_square**-0.5 if mean_square > 0 else 0.0
    return Projection(torch.from_numpy(mean).float(), (directions * largest.sign() * scale).float().contiguous())


def build_head(dimensions: int, hidden: bool, classes: int, seed: int) -> Network:
    """A network from components [B, dimensions] to `classes` logits, initialized from `seed`. hidden: with a hidden
    layer."""
    with drawn_from(seed):
        if hidden:
            body = nn.Sequential(nn.Linear(dimensions, HIDDEN_UNITS), nn.ReLU())
            return Network(body, nn.Linear(HIDDEN_UNITS, classes))
        return Network(nn.Identity(), nn.Linear(dimensions, classes))


def folded(head: nn.Linear, projection: Projection) -> nn.Linear:
    """A linear head on components as one on the features themselves."""
    weight = head.weight @ projection.directions.T
    on_features = nn.Linear(weight.shape[1], head.out_features)
    with torch.no_grad():
        on_features.weight.copy_(weight)
        on_features.bias.copy_(head.bias - weight @ projection.mean)
    return on_features
