"""The optimizer and its schedule: SGD with cosine decay."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.sgd import sgd

from alc_tui.data.ranges import NOT_NEGATIVE, ONE_OR_MORE, RATE, check_number
from alc_tui.model.device import Compute


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


class Optimizer:
    """The steps of `torch.optim.SGD`, without its class, which imports torch's compiler in seconds.

    parameters: those of one network, on the device. rate: the learning rate of the next step. momentum: each
    parameter's buffer, from its first step on.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], plan: TrainingPlan, compute: Compute) -> None:
        self.rate = plan.lr
        self.momentum: dict[Tensor, Tensor] = {}
        self._parameters: list[Tensor] = list(parameters)
        self._plan, self._group = plan, compute.group
        self._is_fused = compute.device.type in ("cuda", "cpu")

    @torch.no_grad()
    def step(self) -> None:
        """Change the parameters that have gradients, by the sums of those of all processes that train together."""
        learned = [parameter for parameter in self._parameters if parameter.grad is not None]
        self._group.sum([parameter.grad for parameter in learned if parameter.grad is not None])
        has_momentum = self._plan.momentum != 0
        buffers = [self.momentum.get(parameter) for parameter in learned] if has_momentum else []
        sgd(
            learned,
            [parameter.grad for parameter in learned if parameter.grad is not None],
            buffers,
            fused=self._is_fused,
            lr=self.rate,
            momentum=self._plan.momentum,
            weight_decay=self._plan.weight_decay,
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )
        for parameter, buffer in zip(learned, buffers, strict=False):
            if buffer is not None:
                self.momentum[parameter] = buffer

    def clear_gradients(self) -> None:
        """Discard the gradients of all parameters."""
        for parameter in self._parameters:
            parameter.grad = None
