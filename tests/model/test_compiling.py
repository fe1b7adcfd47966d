"""Torch's compiler changes how batches are computed, not what."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from alc_tui.errors import UsageError
from alc_tui.model import augment
from alc_tui.model.batches import TrainingData
from alc_tui.model.compiling import COMPILERS, Compiler, compiler_for
from alc_tui.model.device import Compute, select_device
from alc_tui.model.forward import forward, move_to_device
from alc_tui.model.learner import Learner
from alc_tui.model.networks import SMALL, Network, build
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.sources import Images

CPU = replace(select_device("cpu"), bf16=False)


class Recorder(Compiler):
    """Runs everything as it is, and takes down the lengths of what it is given."""

    def features(self, body: nn.Module, inputs: Tensor) -> Tensor:
        lengths.append(len(inputs))
        features: Tensor = body(inputs)
        return features

    def augment(self, images: Tensor, parameters: augment.AugmentationParameters, image_size: int) -> Tensor:
        lengths.append(-len(images))
        return augment.augment(images, parameters, image_size)


lengths: list[int] = []


@pytest.fixture
def recording() -> Compute:
    lengths.clear()
    return replace(CPU, compiler=Recorder(batch_size=4))


def network(seed: int = 0) -> Network:
    return move_to_device(build(SMALL, 3, "none", seed), CPU)


def pixels(count: int, side: int = 20) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(1).integers(256, size=(count, side, side, 3), dtype=np.uint8)


def test_all_samples_at_once_are_augmented_as_each_for_itself() -> None:
    images = torch.from_numpy(pixels(64)).permute(0, 3, 1, 2)
    drawn = augment.draw_parameters(64, np.random.default_rng(2))
    placement, sigma, jitter = map(torch.from_numpy, (augment.placements(drawn, 20, 16), drawn.sigma, drawn.jitter))
    together = augment.augment_together(images, placement, sigma, jitter, 16)
    assert torch.allclose(together, augment.augment(images, drawn, 16), atol=1e-5)


def test_whole_batches_that_are_learned_are_compiled_and_no_others(recording: Compute) -> None:
    whole, last, some = torch.rand(4, 3, 32, 32), torch.rand(3, 3, 32, 32), network()
    forward(some.train(), whole, recording)
    forward(some.train(), last, recording)
    forward(some.eval(), whole, recording)
    assert lengths == [4]


def test_an_epoch_compiles_its_whole_batches_and_their_augmentation(recording: Compute) -> None:
    source = Images(pixels(10, 40), np.arange(10), 32, recording)
    data = TrainingData(source, np.arange(10), np.zeros(10, dtype=np.int64))
    plan = TrainingPlan(epochs=1, batch_size=4, lr=0.01)
    Learner((network(),), data, plan, recording, seed=0).run_epoch()
    assert sorted(lengths) == [-4, -4, 4, 4]


def test_images_that_are_rotated_after_the_crop_are_augmented_as_they_are(recording: Compute) -> None:
    source = Images(pixels(4), np.arange(4), 16, recording, rotates_crop=True)
    list(source.training([np.arange(4)], np.random.default_rng(0)))
    assert lengths == []


def test_the_description_of_the_device_says_that_batches_are_compiled(recording: Compute) -> None:
    assert recording.describe().endswith(", compiled")
    assert "compiled" not in CPU.describe()


@pytest.mark.parametrize(
    ("device", "programs", "has_triton", "missing"),
    [
        ("cpu", {"g++"}, False, None),
        ("cpu", set(), False, "a C\\+\\+ compiler"),
        ("cuda", {"clang++"}, True, None),
        ("cuda", {"c++"}, False, "the package triton"),
        ("cuda", set(), False, "a C\\+\\+ compiler and the package triton"),
    ],
)
def test_what_the_compiler_needs_is_named(
    monkeypatch: pytest.MonkeyPatch, device: str, programs: set[str], has_triton: bool, missing: str | None
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name if name in programs else None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object() if has_triton else None)
    if missing is None:
        assert compiler_for(torch.device(device), 8) == Compiler(8)
    else:
        with pytest.raises(UsageError, match=f"needs {missing}; install it, or specify --compile off"):
            compiler_for(torch.device(device), 8)


@pytest.mark.slow
@pytest.mark.skipif(not any(map(shutil.which, COMPILERS)), reason="there is no C++ compiler")
def test_two_networks_learn_with_the_compiler_what_they_learn_without() -> None:
    def learned(compute: Compute) -> tuple[list[float], list[Tensor]]:
        source = Images(pixels(18, 40), np.arange(18), 32, compute)
        data = TrainingData(source, np.arange(18), np.arange(18) % 3)
        plan = TrainingPlan(epochs=2, batch_size=8, lr=0.01)
        learner = Learner((network(1), network(2)), data, plan, compute, seed=0)
        losses = [loss for _ in range(2) for loss in learner.run_epoch().losses]
        return losses, [value for each in learner.networks for value in each.state_dict().values()]

    def graphs() -> int:
        from torch._dynamo.utils import counters

        return int(counters["stats"]["unique_graphs"])

    expected, expected_weights = learned(CPU)
    before = graphs()
    found, weights = learned(replace(CPU, compiler=compiler_for(CPU.device, 8)))
    assert graphs() - before == 2, "one for the augmentation, one for both networks"
    assert found == pytest.approx(expected, rel=1e-3)
    apart: Callable[[Tensor, Tensor], float] = lambda a, b: float((a.float() - b.float()).abs().max())  # noqa: E731
    assert max(apart(one, other) for one, other in zip(expected_weights, weights, strict=True)) < 1e-3
