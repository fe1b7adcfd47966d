"""Early-Learning Regularization (Liu, Niles-Weed, Razavian, Fernandez-Granda 2020): one network, plain ELR.

A network learns true labels before it memorizes wrong ones. Each sample has a running target, the average of the
predictions for it so far, and the loss rewards predictions that stay close to it. ELR+'s second network, weight
averaging, and mixup are not included.

The paper does not split the samples: all of them are learned with their given labels to the end. Where a clean set is
needed, a sample counts as clean if its running target agrees with its given label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from alc_tui.data.ranges import NOT_NEGATIVE, RATE, check_number
from alc_tui.model.batches import TrainingData
from alc_tui.model.device import Compute
from alc_tui.model.forward import Output, sample_losses
from alc_tui.model.learner import Batch, Learner, State, TrainingPass
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan

MIN_PROBABILITY = 1e-4
"""The smallest distance of a probability from 0 and 1, as in the authors' code, so that log(1 − ⟨p, t⟩) stays
finite."""


@dataclass(frozen=True)
class ELRSettings:
    """The method's parameters, with the paper's defaults for ten classes.

    beta: β in [0, 1), the weight of the old target. strength: λ ≥ 0, the weight of the regularization.
    Raises UsageError for a value out of its range.
    """

    beta: float = 0.7
    strength: float = 3.0

    def __post_init__(self) -> None:
        check_number("beta", self.beta, RATE)
        check_number("strength", self.strength, NOT_NEGATIVE)


def running_target(t: Tensor, p: Tensor, beta: float) -> Tensor:
    """t(k) = β·t(k − 1) + (1 − β)·p(k) (Sec. 4): temporal ensembling, from t(0) = 0; t, p: float[n, C]."""
    return beta * t + (1 - beta) * p


def regularization(p: Tensor, t: Tensor) -> Tensor:
    """log(1 − ⟨p, t⟩) of each sample (Sec. 4), float[n], at most 0: the lower, the closer p is to its target.

    p, t: float[n, C] with ⟨p, t⟩ below 1, which `bounded` ensures; no gradient flows through t.
    """
    return (1 - (p * t).sum(1)).log()


def bounded(logits: Tensor) -> Tensor:
    """Class probabilities float[n, C], clamped to [MIN_PROBABILITY, 1 − MIN_PROBABILITY]."""
    return logits.softmax(1).clamp(MIN_PROBABILITY, 1 - MIN_PROBABILITY)


class ELR(Learner):
    """One network learns from noisy labels, with CE(p, y) + λ·log(1 − ⟨p, t⟩) for each sample's loss.

    `selected` of an epoch's report: bool[n], whose running target agrees with the given label.
    """

    def __init__(
        self,
        network: Network,
        data: TrainingData,
        settings: ELRSettings,
        plan: TrainingPlan,
        compute: Compute,
        seed: int,
    ) -> None:
        super().__init__((network,), data, plan, compute, seed)
        self.settings = settings
        precision = network.head.weight.dtype
        self._targets = torch.zeros(len(data), self.classes, device=compute.device, dtype=precision)  # t(k − 1)
        self._moved = torch.zeros_like(self._targets)  # t(k) of epoch k, complete at its end

    def passes(self) -> Iterator[TrainingPass]:
        """All samples once; then the targets of this epoch become those of the last one."""
        yield from super().passes()
        self._targets.copy_(self._moved)
        self.selected = (self._targets.argmax(1) == self.labels).cpu().numpy()

    def losses(self, outputs: list[Output], batch: Batch) -> list[Tensor]:
        """See `Learner.losses`: the regularized cross-entropy."""
        logits, _ = outputs[0]
        p = bounded(logits)
        with torch.no_grad():
            shares = p / p.sum(1, keepdim=True)
            t = running_target(self._targets[batch.indices], shares, self.settings.beta)
            self._moved[batch.indices] = t
        return [sample_losses(logits, batch.labels) + self.settings.strength * regularization(p, t)]

    def buffers(self) -> State:
        """See `Learner.buffers`."""
        return {"targets": self._targets}
