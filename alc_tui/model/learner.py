"""The training loop. Every method is a `Learner` that only adds what is specific to it: what it learns from, and its
loss.

Plain cross-entropy is in `fitting`, the methods for noisy labels are in `lnl`; `phase` runs the epochs with validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alc_tui.data.random_streams import stream_seed
from alc_tui.errors import TrainingFailed
from alc_tui.model.batches import TrainingData, shuffled
from alc_tui.model.device import Compute, copy_to_device
from alc_tui.model.forward import MicroBatches, Output, forward, move_to_device, sample_losses
from alc_tui.model.networks import Network
from alc_tui.model.optimization import Optimizer, TrainingPlan, learning_rate
from alc_tui.model.parallel.batch_norm import running_statistics
from alc_tui.model.single_sample import single_sample

State = dict[str, Tensor]
OnBatch = Callable[[int, int], None]
"""Receives the number of samples that a pass has gone through, and of all samples."""


@dataclass(frozen=True)
class EpochReport:
    """The results of an epoch.

    epoch: from 0. losses: mean training loss of each network. selected: bool[n], what the first network selected, None
    for a method that selects nothing. rate: the current forget rate. notices: messages for the user.
    """

    epoch: int
    losses: tuple[float, ...]
    selected: NDArray[np.bool_] | None = None
    rate: float = 0.0
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """inputs: [B, …]; of processes that train together, each has its part. indices: int64[B], indices into the n
    training samples. labels: int64[B]. All on the device."""

    inputs: Tensor
    indices: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.indices)

    def part(self, part: slice) -> Batch:
        """Some of the batch's samples."""
        return Batch(self.inputs[part], self.indices[part], self.labels[part])


@dataclass(frozen=True)
class TrainingPass:
    """One pass over the data, in which some of the networks learn.

    networks: the numbers of these networks; the others are in eval mode. losses: float[len(networks)] of each
    step; each iteration performs a step.
    """

    networks: Sequence[int]
    losses: Iterable[Tensor]


class Learner:
    """Trains networks on the given labels, one epoch at a time, and can be resumed after any epoch.

    The loop handles epochs, the learning rate, random streams, shuffled batches, micro-batches, optimizer steps, the
    check for non-finite losses, and the state of networks and optimizers. By default, each network learns every batch
    with cross-entropy. A method overrides one or more of three things: `passes`, what an epoch consists of; `losses`,
    each network's loss; `backward`, if a loss depends on the whole batch. `buffers` returns other tensors that the next
    epoch depends on; `selected` and `rate` are reported for each epoch.

    networks: K networks, moved to the device. seed and phase identify the random streams of the order, the
    augmentation, and random layers, with one stream each per epoch. on_batch: called after each batch.
    """

    def __init__(
        self,
        networks: tuple[Network, ...],
        data: TrainingData,
        plan: TrainingPlan,
        compute: Compute,
        seed: int,
        phase: int = 0,
    ) -> None:
        self.networks = tuple(move_to_device(network, compute) for network in networks)
        self.optimizers = [Optimizer(network.parameters(), plan, compute) for network in networks]
        self.data, self.labels = data, torch.from_numpy(data.labels).to(compute.device)
        self.plan, self.compute, self.seed, self.phase = plan, compute, seed, phase
        self.classes = networks[0].head.out_features
        self.memory = MicroBatches(splits=compute.group.size == 1)
        self.epoch = 0
        self.selected: NDArray[np.bool_] | None = None
        self.rate = 0.0
        self.on_batch: OnBatch = _ignore

    def run_epoch(self) -> EpochReport:
        """Learn for one epoch and advance `epoch`; raises TrainingFailed if a loss is not finite."""
        for optimizer in self.optimizers:
            optimizer.rate = learning_rate(self.plan, self.epoch)
        seed_layers(self.seed, self.phase, self.epoch, self.compute.group.rank)
        self.selected = None
        with single_sample(self.networks) if len(self.data) == 1 else nullcontext():
            losses = tuple(loss for each in self.passes() for loss in self._mean_losses(each))
        self.compute.group.average(each for network in self.networks for each in running_statistics(network))
        self.epoch += 1
        return EpochReport(self.epoch - 1, losses, self.selected, self.rate, self.memory.notices())

    def passes(self) -> Iterator[TrainingPass]:
        """Yield the passes of one epoch, in order; work between passes goes between the yields."""
        yield TrainingPass(range(len(self.networks)), map(self.step, self.batches()))

    def batches(self, *stream: int) -> Iterator[Batch]:
        """All samples once, in the epoch's random order. stream: additional numbers that identify the random stream."""
        numbers = (self.phase, self.epoch, *stream)
        part = self.compute.group.part
        learned = 0
        for batch, inputs in shuffled(self.data, self.plan.batch_size, self.seed, *numbers, part=part):
            indices = copy_to_device(torch.from_numpy(batch), self.compute.device)
            yield Batch(inputs, indices, self.labels[indices])
            learned += len(batch)
            self.on_batch(learned, len(self.data))

    def step(self, batch: Batch) -> Tensor:
        """One step of every network on a batch; returns their losses float[K], averaged over the batch."""
        losses = self.memory.run(partial(self.backward, batch), len(batch))
        for optimizer in self.optimizers:
            optimizer.step()
        return losses

    def backward(self, batch: Batch, slices: list[slice]) -> Tensor:
        """Gradients of every network's loss on a batch, part by part; returns the losses float[K].

        Called again with smaller parts if memory runs out, so a second call must discard the effects of the first.
        """
        self.clear_gradients()
        total = torch.zeros(len(self.networks), device=self.compute.device)
        for part in slices:
            samples = batch.part(part)
            outputs = [self.outputs(network, samples.inputs, len(samples)) for network in self.networks]
            total += backpropagate(self.losses(outputs, samples), len(batch))
        return total

    def outputs(self, network: Network, inputs: Tensor, length: int) -> Output:
        """Logits [B, C] and features [B, D] for a batch of `length` samples, of whose inputs this process has its
        part."""
        group = self.compute.group
        if group.size == 1:
            return forward(network, inputs, self.compute)
        joined = torch.cat(forward(network, inputs, self.compute), dim=1)
        logits, features = group.gather(joined, group.part(length), length).split([self.classes, network.dimensions], 1)
        return logits, features

    def losses(self, outputs: list[Output], batch: Batch) -> list[Tensor]:
        """The loss of each sample float[B], by network; outputs: by network."""
        return [sample_losses(logits, batch.labels) for logits, _ in outputs]

    def buffers(self) -> State:
        """Other tensors, besides networks and optimizers, that the next epoch depends on, by name; `load` writes into
        them."""
        return {}

    def state(self) -> State:
        """Everything that the next epoch depends on, by name."""
        state = {"epoch": torch.tensor(self.epoch)} | self.buffers()
        for name, network, optimizer in zip(self._names(), self.networks, self.optimizers, strict=True):
            state |= network_state(name, network, optimizer)
        return state

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Resume from what `state` returned."""
        self.epoch = int(state["epoch"])
        for name, buffer in self.buffers().items():
            buffer.copy_(state[name])
        for name, network, optimizer in zip(self._names(), self.networks, self.optimizers, strict=True):
            load_network_state(name, network, optimizer, state)

    def clear_gradients(self) -> None:
        """Discard the gradients of every network."""
        for optimizer in self.optimizers:
            optimizer.clear_gradients()

    def _names(self) -> list[str]:
        if len(self.networks) == 1:
            return ["network"]
        return [f"peer{number + 1}" for number in range(len(self.networks))]

    def _mean_losses(self, each: TrainingPass) -> list[float]:
        """Take the steps of a pass; returns the mean loss of each of its networks, 0 for a pass without steps."""
        for number, network in enumerate(self.networks):
            network.train(number in each.networks)
        losses = list(each.losses)
        if not losses:
            return [0.0] * len(each.networks)
        stacked = torch.stack(losses)
        check_finite(stacked, self.epoch)
        means: list[float] = stacked.mean(0).tolist()
        return means


def _ignore(_done: int, _total: int) -> None:
    pass


def backpropagate(losses: list[Tensor], divisor: int) -> Tensor:
    """One joint backward pass of the networks' losses, each summed over its samples and divided by `divisor` > 0.

    losses: float[…] by network. Returns the K quotients, float[K], detached.
    """
    means = torch.stack([loss.sum() for loss in losses]) / divisor
    means.sum().backward()
    return means.detach()


def seed_layers(seed: int, phase: int, epoch: int, rank: int = 0) -> None:
    """Seed random layers (dropout, stochastic depth), so that a resumed epoch draws the same values.

    rank: of this process among those that train together, each of which draws for its own samples.
    """
    torch.manual_seed(stream_seed(seed, "layers", phase, epoch) + rank)


def check_finite(losses: Tensor, epoch: int) -> None:
    """Raise TrainingFailed naming the first batch whose loss is not finite. losses: float[batches, networks]."""
    finite = torch.isfinite(losses).all(1)
    if not bool(finite.all()):
        batch = int((~finite).nonzero()[0])
        raise TrainingFailed(
            f"The loss is not finite in epoch {epoch + 1}, batch {batch + 1} (earlier epochs are saved); start again "
            "with a smaller --lr."
        )


def network_state(prefix: str, network: nn.Module, optimizer: Optimizer) -> State:
    """Weights, running statistics and momentum of a network, by name."""
    state = {f"{prefix}.weight.{name}": value.detach() for name, value in network.state_dict().items()}
    for name, parameter in network.named_parameters():
        momentum = optimizer.momentum.get(parameter)
        if momentum is not None:
            state[f"{prefix}.momentum.{name}"] = momentum
    return state


def load_network_state(prefix: str, network: nn.Module, optimizer: Optimizer, state: Mapping[str, Tensor]) -> None:
    """Restore what `network_state` returned."""
    network.load_state_dict(substate(f"{prefix}.weight.", state))
    momentum = substate(f"{prefix}.momentum.", state)
    for name, parameter in network.named_parameters():
        if name in momentum:
            buffer = torch.empty_like(parameter)
            optimizer.momentum[parameter] = buffer.copy_(momentum[name])


def substate(prefix: str, state: Mapping[str, Tensor]) -> State:
    """The entries whose names begin with `prefix`, without it."""
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
