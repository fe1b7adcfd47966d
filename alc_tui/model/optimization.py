"""The optimizer and its schedule: SGD with cosine decay."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from alc_tui.data.ranges import NOT_NEGATIVE, ONE_OR_MORE, RATE, check_number
from alc_tui.model.device import Compute
from alc_tui.model.networks import Network


@dataclass(frozen=True)
class TrainingPlan:
    """Number of epochs, and SGD with cosine decay to 0 (Loshchilov and Hutter 2017, without restarts).

    epochs: 0 or more; 0 leaves the networks unchanged. batch_size: 1 or more. lr: the initial learning rate, ≥ 0.
    momentum: in [0, 1). weight_decay: ≥ 0. descent: half-period ≥ 1 of the cosine in epochs, after which the rate rises
    again; None for all epochs. Raises UsageError for a value out of its range.
    """

    epochs: int
    batch_size: int
    lr: float
    momentum: float = 0.9
    weight_decay: float = 1e-4
    descent: int | None = None

    def __post_init__(self) -> None:
        check_number("epochs", self.epochs, NOT_NEGATIVE, whole=True)
        check_number("batch_size", self.batch_size, ONE_OR_MORE, whole=True)
        check_number("lr", self.lr, NOT_NEGATIVE)
        check_number("momentum", self.momentum, RATE)
        check_number("weight_decay", self.weight_decay, NOT_NEGATIVE)
        if self.descent is not None:
            check_number("descent", self.descent, ONE_OR_MORE, whole=True)


def learning_rate(plan: TrainingPlan, epoch: int) -> float:
    """The rate in `epoch` (from 0): lr · (1 + cos(π·epoch/epochs)) / 2, or over `descent` if given."""
    return plan.lr * (1 + math.cos(math.pi * epoch / (plan.descent or plan.epochs))) / 2


def optimizer(network: Network, plan: TrainingPlan, compute: Compute) -> torch.optim.SGD:
    """SGD according to the plan; `set_rate` sets its learning rate in each epoch."""
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
