"""Plain cross-entropy on a fixed set of samples: the baseline on noisy labels, and the fine-tuning of phase 2."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.model.batches import BatchSource, Positions, shuffled
from alc_tui.model.device import Compute, send
from alc_tui.model.learning import (
    EpochReport,
    MicroBatches,
    Plan,
    State,
    check_finite,
    forward,
    learning_rate,
    load_network_state,
    network_state,
    optimizer,
    put,
    sample_losses,
    seed_layers,
    set_rate,
)
from alc_tui.model.networks import Network


class CrossEntropy:
    """Learns `labels` int64[n] of the samples at `positions` int64[n] of the source.

    `seed` and `phase` name the random streams (order and augmentation), one per epoch.
    """

    def __init__(
        self,
        network: Network,
        source: BatchSource,
        positions: Positions,
        labels: NDArray[np.int64],
        plan: Plan,
        compute: Compute,
        seed: int,
        phase: int,
    ) -> None:
        self.plan, self.epoch = plan, 0
        self.networks: tuple[Network, ...] = (put(network, compute),)
        self._source, self._positions, self._compute = source, positions, compute
        self._labels = torch.from_numpy(labels).to(compute.device)
        self._sgd = optimizer(network, plan, compute)
        self._seed, self._phase = seed, phase
        self._memory = MicroBatches()

    def run_epoch(self) -> EpochReport:
        """See `Learner.run_epoch`."""
        self.networks[0].train()
        set_rate(self._sgd, learning_rate(self.plan, self.epoch))
        seed_layers(self._seed, self._phase, self.epoch)
        losses = []
        batches = shuffled(self._source, self._positions, self.plan.batch_size, self._seed, self._phase, self.epoch)
        for batch, images in batches:
            labels = self._labels[send(torch.from_numpy(batch), self._compute.device)]
            losses.append(self._learn(images, labels))
        summed = torch.stack(losses)[:, None]
        check_finite(summed, self.epoch)
        self.epoch += 1
        return EpochReport(self.epoch - 1, (float(summed.mean()),), notices=self._memory.notices())

    def state(self) -> State:
        """See `Learner.state`."""
        return {"epoch": torch.tensor(self.epoch), **network_state("network", self.networks[0], self._sgd)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """See `Learner.load`."""
        self.epoch = int(state["epoch"])
        load_network_state("network", self.networks[0], self._sgd, state)

    def _learn(self, images: Tensor, labels: Tensor) -> Tensor:
        loss = self._memory.run(lambda slices: self._accumulate(images, labels, slices), len(images))
        self._sgd.step()
        return loss

    def _accumulate(self, images: Tensor, labels: Tensor, slices: list[slice]) -> Tensor:
        """Gradients of the batch's mean loss, part by part; returns that loss."""
        self._sgd.zero_grad()
        total = torch.zeros((), device=self._compute.device)
        for part in slices:
            logits, _ = forward(self.networks[0], images[part], self._compute)
            loss = sample_losses(logits, labels[part]).sum() / len(images)
            loss.backward()
            total += loss.detach()
        return total
