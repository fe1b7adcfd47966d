"""Batches that the GPU's memory does not hold run in parts, and the method stays the same."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alc_tui.errors import TrainingFailed
from alc_tui.lnl.coteaching import CoTeaching
from alc_tui.model.networks import Network
from tests.learners import Cramped, normalization, same_selection, selection
from tests.lnl.reading import read_along

Data = tuple[Tensor, NDArray[np.int64]]


class CrampedOnTheWayBack(torch.autograd.Function):
    """What a forward pass fits into, and a backward pass of more than four samples does not."""

    @staticmethod
    def forward(context: Any, features: Tensor) -> Tensor:
        return features.clone()

    @staticmethod
    def backward(context: Any, slope: Tensor) -> Tensor:
        if len(slope) > 4:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return slope


@pytest.fixture
def cramped(perceptron: Callable[..., Network]) -> Callable[..., tuple[Network, Network]]:
    def make(room: int, norm: bool = False) -> tuple[Network, Network]:
        networks = [perceptron(10 + peer, norm=norm) for peer in (0, 1)]
        first, second = (Network(Cramped(network.body, room), network.head) for network in networks)
        return first, second

    return make


def test_a_batch_in_parts_selects_and_teaches_as_a_whole_one(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching], cramped: Callable[..., tuple[Network, Network]]
) -> None:
    """On data for which rounding cannot change a choice: every choice has a margin."""
    values, labels = data
    method = {"warmup": 2, "window": 2, "mix_ratio": 0.5, "forget_rate": 0.3, "epochs": 6}
    source = tensors(values, noise=0.1)
    whole = coteaching(source, labels, peers=cramped(99), **method)
    parts = coteaching(tensors(values, noise=0.1), labels, peers=cramped(3), **method)
    for reading in read_along(whole, source, dict(enumerate(labels.tolist()))):
        expected, got = reading.reports[-1], parts.run_epoch()
        assert same_selection(expected, got)
        assert got.losses == pytest.approx(expected.losses, abs=1e-6)
        for one, other in zip(whole.networks, parts.networks, strict=True):
            for a, b in zip(one.parameters(), other.parameters(), strict=True):
                assert torch.allclose(a, b, rtol=0, atol=1e-6)
    assert min(reading.margins) > 1e-3
    # A gradient between two numbers of half precision may be rounded to either.
    step = 2**-10 * whole.state()["window1"].abs().max().item()
    expected_vog, vog = whole.vog(), parts.vog()
    assert expected_vog is not None and vog is not None
    assert np.allclose(expected_vog, vog, rtol=0, atol=step), (
        step,
        abs(expected_vog - vog).max(),
        expected_vog.min(),
        expected_vog.max(),
    )
    assert expected_vog.max() > 10 * step


def test_the_gradients_of_a_batch_in_parts_are_those_of_the_whole_batch(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching], cramped: Callable[..., tuple[Network, Network]]
) -> None:
    values, labels = data
    learners = [
        coteaching(tensors(values), labels, peers=cramped(room), batch_size=30, warmup=1, lr=0.0) for room in (99, 7)
    ]
    for learner in learners:
        learner.run_epoch()
    for one, other in zip(learners[0].networks, learners[1].networks, strict=True):
        for a, b in zip(one.parameters(), other.parameters(), strict=True):
            assert a.grad is not None and b.grad is not None
            assert a.grad.abs().max() > 1e-3 and torch.allclose(a.grad, b.grad, rtol=0, atol=1e-7)


def test_a_person_is_told_once_for_each_time_the_parts_were_halved(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching], cramped: Callable[..., tuple[Network, Network]]
) -> None:
    values, labels = data
    learner = coteaching(tensors(values), labels, peers=cramped(3), warmup=1)
    assert [learner.run_epoch().notices for _ in range(2)] == [
        (
            "CUDA out of memory: batches of 8 now run in parts of 4.",
            "CUDA out of memory: batches of 8 now run in parts of 2.",
        ),
        (),
    ]


def test_a_memory_that_holds_no_sample_fails_the_training(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching], cramped: Callable[..., tuple[Network, Network]]
) -> None:
    values, labels = data
    with pytest.raises(TrainingFailed, match=r"--image-size or --backbone"):
        coteaching(tensors(values), labels, peers=cramped(0)).run_epoch()


def test_the_running_statistics_see_each_part_of_a_batch_once(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching], cramped: Callable[..., tuple[Network, Network]]
) -> None:
    values, labels = data
    source = tensors(values)
    learner = coteaching(source, labels[:16], peers=cramped(4, norm=True), lr=0.0)
    before = copy.deepcopy(learner.networks)
    learner.run_epoch()
    for old, new in zip(before, learner.networks, strict=True):
        first_layer = next(layer for layer in old.modules() if isinstance(layer, nn.Linear))
        mean = torch.zeros(16)
        for batch in source.given[0]:
            for part in (batch[:4], batch[4:]):
                mean = 0.9 * mean + 0.1 * first_layer(part).mean(0)
        norm = normalization(new)
        assert norm.running_mean is not None and norm.num_batches_tracked == 4
        assert torch.allclose(norm.running_mean, mean, rtol=0, atol=1e-6)


def test_the_first_try_of_a_batch_leaves_no_selection_behind(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching], perceptron: Callable[..., Network]
) -> None:
    """With batch normalization the parts rank the samples in another order than the whole batch did."""
    values, labels = data

    class Late(nn.Module):
        def __init__(self, body: nn.Module) -> None:
            super().__init__()
            self.body = body

        def forward(self, images: Tensor) -> Tensor:
            features: Tensor = CrampedOnTheWayBack.apply(self.body(images))
            return features

    for seed in range(5):
        networks = [perceptron(seed + peer, norm=True) for peer in (0, 1)]
        peers = tuple(Network(Late(network.body), network.head) for network in networks)
        learner = coteaching(tensors(values), labels[:8], peers=peers, seed=seed, warmup=1)
        report = learner.run_epoch()
        assert report.notices and selection(report).sum() == 4
