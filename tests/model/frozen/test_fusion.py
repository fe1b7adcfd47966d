"""Frozen networks compute their features with batch normalization folded into the convolutions."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from alc_tui.model.device import Compute, select_device
from alc_tui.model.frozen.fusion import fused
from alc_tui.model.networks import Network, build

CPU = Compute(select_device("cpu").device, bf16=False, channels_last=True)
INPUTS = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def trained(backbone: str) -> Network:
    """A network whose statistics are no longer the initial ones."""
    network = build(backbone, 2, "none", seed=0)
    with torch.no_grad():
        network.train()(INPUTS)
    return network.eval()


def normalizations(network: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


@pytest.mark.parametrize("backbone", ["small", "resnet18", "mobilenet_v2"])
def test_the_features_are_the_same_without_normalization_layers(backbone: str) -> None:
    network = trained(backbone)
    faster = fused(network, INPUTS, CPU)
    assert normalizations(network) > 0 and normalizations(faster) == 0
    with torch.no_grad():
        expected, found = network(INPUTS)[1], faster(INPUTS)[1]
    assert torch.allclose(expected, found, atol=1e-4 * float(expected.abs().max()))


class Untraceable(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1) if images.sum() > 0 else images.flatten(1) * 2


def test_a_network_that_cannot_be_traced_is_used_as_it_is() -> None:
    network = Network(Untraceable(), nn.Linear(3 * 64 * 64, 2)).eval()
    assert fused(network, INPUTS, CPU) is network


class Drifting(nn.Module):
    """Computes something else each time, so that no copy computes the same."""

    calls = 10

    def forward(self, images: Tensor) -> Tensor:
        type(self).calls *= 2
        return images.flatten(1) + self.calls


def test_a_network_whose_copy_computes_something_else_is_used_as_it_is() -> None:
    network = Network(Drifting(), nn.Linear(3 * 64 * 64, 2)).eval()
    assert fused(network, INPUTS, CPU) is network
