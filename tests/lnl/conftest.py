"""What the tests of learning with noisy labels start from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.model.batches import TrainingData
from alc_tui.model.device import Compute
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan
from tests.learners import Tensors, compute, data, one_thread, perceptron, tensors

__all__ = ["compute", "coteaching", "data", "one_thread", "perceptron", "tensors"]


@pytest.fixture
def coteaching(compute: Compute, perceptron: Callable[..., Network]) -> Callable[..., CoTeaching]:
    """Co-teaching of two small perceptrons, or of `peers`; keywords set the method and the plan."""

    def make(
        source: Tensors,
        labels: NDArray[np.int64],
        *,
        peers: tuple[Network, Network] | None = None,
        positions: NDArray[np.int64] | None = None,
        seed: int = 0,
        epochs: int = 8,
        batch_size: int = 8,
        lr: float = 0.1,
        norm: bool = False,
        **settings: Any,
    ) -> CoTeaching:
        if peers is None:
            inputs, classes = source.values.shape[1], int(labels.max()) + 1
            peers = (
                perceptron(10, inputs, classes=classes, norm=norm),
                perceptron(11, inputs, classes=classes, norm=norm),
            )
        where = np.arange(len(labels)) if positions is None else positions
        method = CoTeachingSettings(**({"forget_rate": 0.5} | settings))
        plan = TrainingPlan(epochs, batch_size, lr)
        return CoTeaching(peers, TrainingData(source, where, labels), method, plan, compute, seed)

    return make
