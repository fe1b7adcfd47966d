"""Plain cross-entropy on a fixed set of samples: the baseline on noisy labels, and the fine-tuning of phase 2."""

from __future__ import annotations

from alc_tui.model.batches import TrainingData
from alc_tui.model.device import Compute
from alc_tui.model.learner import Learner
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan


class CrossEntropy(Learner):
    """One network learns the labels, right or wrong, with cross-entropy.

    Uses the default training loop; see `Learner`. seed and phase identify the random streams of order and augmentation.
    """

    def __init__(
        self,
        network: Network,
        data: TrainingData,
        plan: TrainingPlan,
        compute: Compute,
        seed: int,
        phase: int = 0,
    ) -> None:
        super().__init__((network,), data, plan, compute, seed, phase)
