from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alc_tui.model import dropout
from alc_tui.model.device import Compute
from alc_tui.model.dropout import in_train_mode, under_dropout
from alc_tui.model.networks import Network
from alc_tui.model.sources import Augmented
from tests.learners import normalization, without_dropout


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_each_pass_is_the_answer_to_features_of_which_some_are_dropped_and_the_others_doubled() -> None:
    """With one feature, 1, weights (0, w) and no bias: p is ½ or σ(2w), each half of the time."""
    weight = torch.tensor([[0.0], [1.5]])
    answers = under_dropout(np.ones((400, 1), np.float32), weight, torch.zeros(2), generator())[:, :, 1]
    kept = 1 / (1 + np.exp(-3.0))
    near = abs(answers[..., None] - np.array([0.5, kept])) < 1e-6
    assert near.any(-1).all() and abs(near[..., 0].mean() - 0.5) < 0.03


def test_the_logits_have_the_mean_that_they_have_without_dropout() -> None:
    rng = np.random.default_rng(0)
    h, weight, bias = rng.random((1, 30)), rng.standard_normal((2, 30)), np.array([0.3, -0.2])
    many = np.repeat(h, 20_000, axis=0).astype(np.float32)
    p = under_dropout(many, torch.tensor(weight).float(), torch.tensor(bias).float(), generator()).astype(np.float64)
    difference = np.log(p[..., 1] / p[..., 0])
    expected = (h @ (weight[1] - weight[0]) + bias[1] - bias[0]).item()
    sampling_error = np.sqrt((h**2 @ (weight[1] - weight[0]) ** 2).item() / difference.size)
    assert abs(difference.mean() - expected) < 4 * sampling_error


def test_samples_and_passes_have_draws_of_their_own() -> None:
    rng = np.random.default_rng(1)
    weight, bias = torch.tensor(rng.standard_normal((3, 64))).float(), torch.zeros(3)
    answers = under_dropout(np.ones((5, 64), np.float32), weight, bias, generator())
    assert answers.shape == (dropout.PASSES, 5, 3) and answers.dtype == np.float32
    assert len(np.unique(answers.reshape(-1, 3), axis=0)) == dropout.PASSES * 5
    assert answers.sum(2) == pytest.approx(np.ones((dropout.PASSES, 5)), abs=1e-6)


def test_the_same_generator_draws_the_same_and_the_global_one_is_left_alone() -> None:
    features, weight, bias = np.ones((3, 8), np.float32), torch.eye(2, 8), torch.zeros(2)
    before = torch.get_rng_state()
    one, same, other = (under_dropout(features, weight, bias, generator(seed)) for seed in (4, 4, 5))
    assert (one == same).all() and (one != other).any()
    assert (torch.get_rng_state() == before).all()


def test_no_samples_have_no_answers() -> None:
    answers = under_dropout(np.empty((0, 8), np.float32), torch.eye(2, 8), torch.zeros(2), generator())
    assert answers.shape == (dropout.PASSES, 0, 2)


def test_more_samples_than_are_drawn_for_at_a_time_are_all_answered() -> None:
    """With weights of 0 the draws do not matter, and the bias decides alone."""
    bias = torch.tensor([0.0, np.log(3)]).float()
    answers = under_dropout(np.ones((10, 2), np.float32), torch.zeros(2, 2), bias, generator(), chunk_size=4)
    assert answers == pytest.approx(np.full((dropout.PASSES, 10, 2), [0.25, 0.75]), abs=1e-6)


Data = tuple[Tensor, NDArray[np.int64]]


@pytest.fixture
def network(perceptron: Callable[..., Network]) -> Network:
    """With batch normalization and without dropout, its running statistics far from any batch's."""
    network = perceptron(0, norm=True)
    norm = normalization(without_dropout(network))
    assert norm.running_mean is not None
    norm.running_mean += 3
    return network.eval()


def test_train_mode_without_dropout_answers_the_same_in_every_pass_by_the_batchs_statistics(
    data: Data, tensors: Any, compute: Compute, network: Network
) -> None:
    values, _ = data
    first_layer = next(layer for layer in network.modules() if isinstance(layer, nn.Linear))
    where = np.array([3, 1, 4, 15, 9, 2])
    answers = in_train_mode(network, tensors(values), where, compute, 4)
    assert answers.shape == (dropout.PASSES, 6, 3) and (answers == answers[0]).all()
    for batch in (slice(0, 4), slice(4, 6)):
        hidden = first_layer(values[where[batch]])
        spread = (hidden.var(0, correction=0) + normalization(network).eps).sqrt()
        logits = network.head(((hidden - hidden.mean(0)) / spread).relu())
        expected = logits.softmax(1).detach().numpy()
        assert np.allclose(answers[0, batch], expected, rtol=0, atol=1e-5)


def test_train_mode_leaves_no_trace_and_asks_a_lone_sample_in_eval_mode(
    data: Data, tensors: Any, compute: Compute, network: Network
) -> None:
    values, _ = data
    before = {name: value.clone() for name, value in network.state_dict().items()}
    in_train_mode(network, tensors(values), np.arange(6), compute, 4)
    assert not network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    alone = in_train_mode(network, tensors(values), np.array([7]), compute, 4)
    assert np.allclose(alone[0], network(values[7:8])[0].softmax(1).detach().numpy(), rtol=0, atol=1e-6)


def test_each_pass_over_an_augmented_source_has_draws_of_its_own(
    data: Data, tensors: Any, compute: Compute, network: Network
) -> None:
    values, _ = data
    once, again = (
        in_train_mode(
            network, Augmented(tensors(values, noise=0.3), np.random.default_rng(2)), np.arange(6), compute, 4
        )
        for _ in range(2)
    )
    assert (once == again).all()
    assert len(np.unique(once.reshape(dropout.PASSES, -1), axis=0)) == dropout.PASSES
