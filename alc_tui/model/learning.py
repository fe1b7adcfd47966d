"""What every way of learning here shares: the optimizer, the forward pass, micro-batches and the learner's contract.

Knows no noise: a learner runs an epoch however it likes (`lnl.coteaching`, `model.fitting`), and `model.phase`
runs the epochs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Protocol, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from alc_tui.data.random_streams import stream_seed
from alc_tui.errors import TrainingFailed
from alc_tui.model.batches import BatchSource, Positions, in_batches
from alc_tui.model.device import Compute
from alc_tui.model.networks import Network

State = dict[str, Tensor]
T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn: SGD with cosine decay to 0 over `epochs` ≥ 0 (DESIGN §4, Training).

    descent: epochs ≥ 1 in which the rate falls to 0, None for all of them; after these it rises again, and so on.
    """

    epochs: int
    batch_size: int
    lr: float
    momentum: float = 0.9
    weight_decay: float = 1e-4
    descent: int | None = None


@dataclass(frozen=True)
class EpochReport:
    """What an epoch did. losses: mean training loss of each network; selected: bool[n], what the first
    network selected (None where nothing is selected); rate: the forget rate in force; notices: what a person
    should know of it."""

    epoch: int
    losses: tuple[float, ...]
    selected: NDArray[np.bool_] | None = None
    rate: float = 0.0
    notices: tuple[str, ...] = ()


class Learner(Protocol):
    """Something that learns epoch by epoch and can be put down and taken up again."""

    plan: Plan
    networks: tuple[Network, ...]
    epoch: int

    def run_epoch(self) -> EpochReport:
        """Learn for one epoch and advance `epoch`; raises TrainingFailed if the loss is not finite."""

    def state(self) -> State:
        """All that the next epoch depends on, by name."""

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a state given by `state()`."""


def learning_rate(plan: Plan, epoch: int) -> float:
    """The cosine schedule's rate in `epoch` (from 0): lr · (1 + cos(π·epoch/epochs)) / 2; over `descent` if given."""
    return plan.lr * (1 + math.cos(math.pi * epoch / (plan.descent or plan.epochs))) / 2


def optimizer(network: Network, plan: Plan, compute: Compute) -> torch.optim.SGD:
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


def seed_layers(seed: int, phase: int, epoch: int) -> None:
    """Let layers that draw at random (dropout, stochastic depth) draw the same in an epoch, however it was reached."""
    torch.manual_seed(stream_seed(seed, "layers", phase, epoch))


def forward(network: Network, inputs: Tensor, compute: Compute) -> tuple[Tensor, Tensor]:
    """Logits [B, C] and features [B, D], the features computed in the device's precision.

    The head is computed in float32, so that losses and rankings see more than the 8 bits of bf16.
    """
    layout = compute.memory_format if inputs.dim() == 4 else torch.contiguous_format
    with compute.autocast():
        features = network.body(inputs.contiguous(memory_format=layout)).float()
    return network.head(features), features


def sample_losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each sample, float32[B]."""
    return F.cross_entropy(logits, labels, reduction="none")


def put(network: Network, compute: Compute) -> Network:
    """Move a network to the device, in its memory format."""
    network.to(device=compute.device)
    network.to(memory_format=compute.memory_format)
    return network


def check_finite(losses: Tensor, epoch: int) -> None:
    """Raise TrainingFailed naming the first batch whose loss is not finite. losses: float[batches, networks]."""
    finite = torch.isfinite(losses).all(1)
    if not bool(finite.all()):
        batch = int((~finite).nonzero()[0])
        raise TrainingFailed(
            f"The loss is not finite in epoch {epoch + 1}, batch {batch + 1}; nothing before that epoch is lost: "
            "start again with a smaller --lr."
        )


def network_state(prefix: str, network: nn.Module, sgd: torch.optim.SGD) -> State:
    """Weights, buffers and momentum of a network, by name."""
    state = {f"{prefix}.weight.{name}": value.detach() for name, value in network.state_dict().items()}
    for name, parameter in network.named_parameters():
        momentum = sgd.state[parameter].get("momentum_buffer")
        if momentum is not None:
            state[f"{prefix}.momentum.{name}"] = momentum
    return state


def load_network_state(prefix: str, network: nn.Module, sgd: torch.optim.SGD, state: Mapping[str, Tensor]) -> None:
    """Take up what `network_state` gave."""
    network.load_state_dict(under(f"{prefix}.weight.", state))
    momentum = under(f"{prefix}.momentum.", state)
    for name, parameter in network.named_parameters():
        if name in momentum:
            buffer = torch.empty_like(parameter)
            sgd.state[parameter]["momentum_buffer"] = buffer.copy_(momentum[name])


def under(prefix: str, state: Mapping[str, Tensor]) -> State:
    """The entries whose names begin with `prefix`, without it."""
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


@torch.no_grad()
def predict(
    networks: tuple[Network, ...],
    source: BatchSource,
    positions: Positions,
    compute: Compute,
    batch_size: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Eval-mode logits float32[K, n, C] of K networks and features float32[n, D] of the first, not augmented."""
    for network in networks:
        network.eval()
    memory = MicroBatches()
    logits, features = [], []
    for inputs in source.scoring(in_batches(positions, batch_size)):
        for part in memory.run(partial(_look, networks, inputs, compute), len(inputs)):
            logits.append(part[0])
            features.append(part[1])
    return torch.cat(logits, 1).cpu().numpy(), torch.cat(features).cpu().numpy()


def _look(
    networks: tuple[Network, ...], inputs: Tensor, compute: Compute, slices: list[slice]
) -> list[tuple[Tensor, Tensor]]:
    """Per slice of a batch, the logits [K, b, C] of all networks and the features [b, D] of the first."""
    parts = []
    for part in slices:
        outputs = [forward(network, inputs[part], compute) for network in networks]
        parts.append((torch.stack([logits for logits, _ in outputs]), outputs[0][1]))
    return parts


class MicroBatches:
    """Runs a step in as many parts as the GPU's memory asks for: out of memory doubles them, for good."""

    def __init__(self) -> None:
        self.parts = 1
        self._notices: list[str] = []

    def run(self, step: Callable[[list[slice]], T], batch_size: int) -> T:
        """`step` over the slices of a batch; raises TrainingFailed if even single samples do not fit."""
        while True:
            try:
                return step(self._slices(batch_size))
            except torch.cuda.OutOfMemoryError as error:
                if self.parts >= batch_size:
                    raise TrainingFailed(
                        "The GPU's memory does not hold one sample; give a smaller --image-size or --backbone."
                    ) from error
                self.parts *= 2
                self._notices.append(
                    f"CUDA out of memory: batches of {batch_size} now run in parts of {-(-batch_size // self.parts)}."
                )
            torch.cuda.empty_cache()

    def notices(self) -> tuple[str, ...]:
        """What happened since this was last asked."""
        said, self._notices = tuple(self._notices), []
        return said

    def _slices(self, batch_size: int) -> list[slice]:
        size = max(-(-batch_size // self.parts), 2)
        edges = [*range(0, batch_size, size), batch_size]
        if len(edges) > 2 and edges[-1] - edges[-2] == 1:
            del edges[-2]
        return [slice(start, stop) for start, stop in pairwise(edges)]
