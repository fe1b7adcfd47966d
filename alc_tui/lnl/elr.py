"""Early-Learning Regularization (Liu, Niles-Weed, Razavian, Fernandez-Granda 2020): one network, plain ELR.

A network learns true labels before it memorizes wrong ones. Each sample keeps a running target, the average of what
was predicted for it so far, and the loss rewards staying with it. Neither ELR+'s second network nor its averaged
weights and mixup.

The paper makes no split: every sample teaches, with its given label, to the end. Where a clean set is needed, a sample
counts as clean if its running target agrees with its given label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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

LEAST = 1e-4
"""How near to 0 and 1 a probability may come, as in the authors' code: log(1 − ⟨p, t⟩) stays finite."""


@dataclass(frozen=True)
class Settings:
    """The method's parameters, with the paper's defaults for ten classes. beta: β in [0, 1), how much of the old target
    is kept. strength: λ ≥ 0, the weight of the regularization."""

    beta: float = 0.7
    strength: float = 3.0


def running_target(t: Tensor, p: Tensor, beta: float) -> Tensor:
    """t(k) = β·t(k − 1) + (1 − β)·p(k) (Sec. 4): temporal ensembling, from t(0) = 0; t, p: float[n, C]."""
    return beta * t + (1 - beta) * p


def regularization(p: Tensor, t: Tensor) -> Tensor:
    """log(1 − ⟨p, t⟩) of each sample (Sec. 4), float[n], at most 0: the lower, the closer p is to its target.

    p, t: float[n, C] with ⟨p, t⟩ below 1, which LEAST sees to; t is a constant to the gradient.
    """
    return (1 - (p * t).sum(1)).log()


def bounded(logits: Tensor) -> Tensor:
    """Class probabilities float[n, C], kept within LEAST…1 − LEAST."""
    return logits.softmax(1).clamp(LEAST, 1 - LEAST)


class EarlyLearning:
    """A network learns `labels` int64[n], partly wrong, of the samples at `positions` int64[n] of the source."""

    def __init__(
        self,
        network: Network,
        source: BatchSource,
        positions: Positions,
        labels: NDArray[np.int64],
        settings: Settings,
        plan: Plan,
        compute: Compute,
        seed: int,
    ) -> None:
        self.plan, self.epoch = plan, 0
        self.networks: tuple[Network, ...] = (put(network, compute),)
        self.settings, self._seed, self._compute = settings, seed, compute
        self._source, self._positions = source, positions
        self._labels = torch.from_numpy(labels).to(compute.device)
        self._sgd = optimizer(network, plan, compute)
        self._memory = MicroBatches()
        self._targets = torch.zeros(len(labels), network.head.out_features, device=compute.device)

    def run_epoch(self) -> EpochReport:
        """See `Learner.run_epoch`."""
        self.networks[0].train()
        set_rate(self._sgd, learning_rate(self.plan, self.epoch))
        seed_layers(self._seed, 0, self.epoch)
        losses = []
        batches = shuffled(self._source, self._positions, self.plan.batch_size, self._seed, 0, self.epoch)
        for batch, images in batches:
            losses.append(self._learn(images, send(torch.from_numpy(batch), self._compute.device)))
        stacked = torch.stack(losses)[:, None]
        check_finite(stacked, self.epoch)
        self.epoch += 1
        agrees = (self._targets.argmax(1) == self._labels).cpu().numpy()
        return EpochReport(self.epoch - 1, (float(stacked.mean()),), agrees, notices=self._memory.notices())

    def state(self) -> State:
        """See `Learner.state`."""
        state = {"epoch": torch.tensor(self.epoch), "targets": self._targets}
        return state | network_state("network", self.networks[0], self._sgd)

    def load(self, state: Mapping[str, Tensor]) -> None:
        """See `Learner.load`."""
        self.epoch = int(state["epoch"])
        self._targets.copy_(state["targets"])
        load_network_state("network", self.networks[0], self._sgd, state)

    def _learn(self, images: Tensor, members: Tensor) -> Tensor:
        """One step on a batch; returns its loss. The targets move once, however often memory ran out on the way."""
        loss, targets = self._memory.run(lambda slices: self._accumulate(images, members, slices), len(images))
        self._targets[members] = targets
        self._sgd.step()
        return loss

    def _accumulate(self, images: Tensor, members: Tensor, slices: list[slice]) -> tuple[Tensor, Tensor]:
        """Gradients of the batch's mean loss CE + λ·log(1 − ⟨p, t⟩), part by part; that loss, and the new
        targets [B, C]."""
        self._sgd.zero_grad()
        total, targets = torch.zeros((), device=self._compute.device), []
        for part in slices:
            logits, _ = forward(self.networks[0], images[part], self._compute)
            p = bounded(logits)
            with torch.no_grad():
                shares = p / p.sum(1, keepdim=True)
                targets.append(running_target(self._targets[members[part]], shares, self.settings.beta))
            each = sample_losses(logits, self._labels[members[part]])
            each = each + self.settings.strength * regularization(p, targets[-1])
            loss = each.sum() / len(images)
            loss.backward()
            total += loss.detach()
        return total, torch.cat(targets)
