"""Learning from one sample: networks of a layer with batch normalization between two others."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from alc_tui.model.batches import TrainingData
from alc_tui.model.learner import Learner
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.parallel.batch_norm import synchronize_statistics
from alc_tui.model.parallel.group import Group
from tests.learners import Tensors, normalization
from tests.model.parallel.together import compute_of, together

RATE, DECAY = 0.1, TrainingPlan(1, 4, 0.1).weight_decay


def vectors() -> Network:
    """[B, 6] → [B, 3]; its statistics are those of samples seen before."""
    torch.manual_seed(0)
    network = Network(nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU()), nn.Linear(16, 3))
    network(torch.randn(20, 6))
    return network


def maps() -> Network:
    """[B, 6, 4, 4] → [B, 3]: a layer normalizes 16 positions of each sample."""
    torch.manual_seed(0)
    body = nn.Sequential(nn.BatchNorm2d(6), nn.Conv2d(6, 16, 4), nn.ReLU(), nn.Flatten())
    return Network(body, nn.Linear(16, 3))


def learn_one(start: Network, inputs: Tensor, group: Group) -> dict[str, Tensor]:
    """The state of a network after one step on one sample, of class 2."""
    network = copy.deepcopy(start)
    synchronize_statistics(network, group)
    data = TrainingData(Tensors(inputs), np.array([0]), np.array([2]))
    learner = Learner((network,), data, TrainingPlan(1, 4, RATE), compute_of(group), seed=0)
    learner.run_epoch()
    return learner.networks[0].state_dict()


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize(("make", "shape", "has_variance"), [(vectors, (6,), False), (maps, (6, 4, 4), True)])
def test_one_sample_is_normalized_by_itself_only_where_it_has_a_variance(
    make: Callable[[], Network], shape: tuple[int, ...], has_variance: bool, size: int
) -> None:
    start, inputs = make(), torch.randn(1, *shape, generator=torch.Generator().manual_seed(3))
    by_hand = copy.deepcopy(start).train(has_variance)
    F.cross_entropy(by_hand(inputs)[0], torch.tensor([2])).backward()
    expected: dict[str, Tensor] = dict(by_hand.named_buffers())
    for name, weight in by_hand.named_parameters():
        assert weight.grad is not None
        expected[name] = weight - RATE * (weight.grad + DECAY * weight)
    for state in together(size, lambda group: learn_one(start, inputs, group)):
        assert state.keys() == expected.keys()
        for name, value in state.items():
            assert torch.allclose(value, expected[name], rtol=0, atol=1e-6), name


def test_a_network_that_learned_from_one_sample_goes_on_with_the_statistics_of_batches() -> None:
    network, inputs = vectors(), torch.randn(5, 6)
    compute = compute_of(Group())
    one = TrainingData(Tensors(inputs), np.array([0]), np.array([2]))
    Learner((network,), one, TrainingPlan(1, 4, RATE), compute, seed=0).run_epoch()
    kept = normalization(network).running_mean
    assert kept is not None
    before = kept.clone()
    more = TrainingData(Tensors(inputs), np.arange(5), np.array([0, 1, 2, 0, 1]))
    Learner((network,), more, TrainingPlan(1, 8, RATE), compute, seed=0).run_epoch()
    assert not torch.equal(kept, before)
