"""How long and how fast networks learn: SGD with a cosine schedule."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from alc_tui.model.device import Compute
from alc_tui.model.networks import Network


@dataclass(frozen=True)
class TrainingPlan:
    """The length of a training, and its SGD with cosine decay to 0 (Loshchilov and Hutter 2017, without restarts).

    epochs: 0 or more; 0 leaves the networks as they are. batch_size: 1 or more. lr: the initial learning rate, > 0.
    momentum: in [0, 1). weight_decay: ≥ 0. descent: epochs ≥ 1 in which the rate falls to 0, None for all of them;
    after these it rises again, and so on.
    """

    epochs: int
    batch_size: int
    lr: float
    momentum: float = 0.9
    weight_decay: float = 1e-4
    descent: int | None = None


def learning_rate(plan: TrainingPlan, epoch: int) -> float:
    """The rate in `epoch` (from 0): lr · (1 + cos(π·epoch/epochs)) / 2, or over `descent` if given."""
    return plan.lr * (1 + math.cos(math.pi * epoch / (plan.descent or plan.epochs))) / 2


def optimizer(network: Network, plan: TrainingPlan, compute: Compute) -> torch.optim.SGD:
    """SGD as the plan says; its rate is set each epoch by `set_rate`."""
    return torch.optim.SGD(
        network.parameters(),
        lr=plan.lr,
        momentum=plan.momentum,
        weight_decay=plan.weight_decay,
        fused=compute.device.type in ("cuda", "cpu"),
    )


def set_rate(sgd: torch.optim.SGD, rate: float) -> None:
    """Set the learning rate of all parameters."""
    for group in sgd.param_groups:
        group["lr"] = rate
