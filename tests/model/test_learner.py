from __future__ import annotations

import numpy as np
import pytest
import torch

from alc_tui.errors import TrainingFailed, UsageError
from alc_tui.model.batches import TrainingData
from alc_tui.model.learner import check_finite, substate
from tests.learners import Tensors


def test_a_finite_loss_goes_on_and_the_first_that_is_not_is_named() -> None:
    losses = torch.ones(5, 2)
    check_finite(losses, 0)
    losses[2, 1], losses[4, 0] = torch.inf, torch.nan
    with pytest.raises(TrainingFailed, match=r"epoch 8, batch 3\b"):
        check_finite(losses, 7)


def test_a_substate_is_the_entries_of_a_prefix_without_it() -> None:
    one = torch.ones(1)
    assert substate("a.", {"a.x": one, "a.b.y": one, "b.x": one, "ab.x": one}).keys() == {"x", "b.y"}


def test_training_data_needs_a_label_for_each_position() -> None:
    with pytest.raises(UsageError, match="3 positions do not match 2 labels"):
        TrainingData(Tensors(torch.zeros(5, 2)), np.arange(3), np.zeros(2, np.int64))
