from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from alc_tui.model.parallel.batch_norm import SynchronizedBatchNorm, running_statistics, synchronize_statistics
from alc_tui.model.parallel.group import ALONE, Group
from tests.model.parallel.together import together

State = dict[str, Tensor]


class Activated(nn.BatchNorm2d):
    """Batch normalization with its activation, as timm has it."""

    def __init__(self, features: int) -> None:
        super().__init__(features)
        self.drop, self.act = nn.Identity(), nn.ReLU()

    def forward(self, inputs: Tensor) -> Tensor:
        activated: Tensor = self.act(self.drop(super().forward(inputs)))
        return activated


def layers(kind: str) -> nn.Sequential:
    """Two layers with batch normalization, in double precision."""
    torch.manual_seed(0)
    if kind == "vectors":
        stack = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3), nn.BatchNorm1d(3))
    else:
        norm = Activated(5) if kind == "activated" else nn.BatchNorm2d(5, momentum=None)
        stack = nn.Sequential(nn.Conv2d(4, 5, 3), norm, nn.Conv2d(5, 3, 2), nn.BatchNorm2d(3, affine=False))
    return stack.double()


@pytest.mark.parametrize("kind", ["vectors", "images", "activated"])
@pytest.mark.parametrize(("size", "length"), [(1, 7), (2, 7), (3, 7), (3, 2)])
def test_outputs_gradients_and_statistics_are_those_of_the_whole_batch(kind: str, size: int, length: int) -> None:
    inputs = torch.randn(length, *((4,) if kind == "vectors" else (4, 5, 5)), dtype=torch.float64)
    start = layers(kind)

    def work(group: Group) -> tuple[Tensor, list[Tensor], State]:
        network, part = copy.deepcopy(start), group.part(length)
        synchronize_statistics(network, group)
        for _ in range(2):
            outputs = group.gather(network(inputs[part]), part, length)
        (outputs**3).sum().backward()
        gradients = [each.grad for each in network.parameters() if each.grad is not None]
        group.sum(gradients)
        return outputs.detach(), gradients, network.state_dict()

    ((outputs, gradients, state),) = together(1, work)
    for theirs, their_gradients, their_state in together(size, work):
        assert torch.allclose(theirs, outputs, rtol=0, atol=1e-9)
        for one, other in zip(their_gradients, gradients, strict=True):
            assert torch.allclose(one, other, rtol=0, atol=1e-9)
        assert their_state.keys() == state.keys()
        assert all(torch.allclose(their_state[name], state[name], rtol=0, atol=1e-9) for name in state)


def test_scoring_uses_the_running_statistics_without_an_exchange() -> None:
    network = layers("images")
    network(torch.randn(6, 4, 5, 5, dtype=torch.float64))
    shared, inputs = copy.deepcopy(network), torch.randn(3, 4, 5, 5, dtype=torch.float64)
    synchronize_statistics(shared, Group(1, 2))
    assert isinstance(shared[1], SynchronizedBatchNorm)
    assert torch.allclose(shared.eval()(inputs), network.eval()(inputs), rtol=0, atol=1e-12)


def test_one_alone_keeps_its_layers() -> None:
    network = layers("images")
    synchronize_statistics(network, ALONE)
    assert type(network[1]) is nn.BatchNorm2d


def test_running_statistics_are_means_and_variances() -> None:
    assert [each.shape[0] for each in running_statistics(layers("images"))] == [5, 5, 3, 3]
