from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alc_tui.errors import TrainingFailed
from alc_tui.model.device import Compute
from alc_tui.model.forward import MicroBatches, forward, move_to_device, predict, sample_losses
from alc_tui.model.networks import Network, build
from alc_tui.model.parallel.group import Group
from tests.model.parallel.together import compute_of, together

FAST = Compute(torch.device("cpu"), bf16=True, channels_last=True)


def test_the_loss_of_each_sample_is_minus_its_labels_log_probability() -> None:
    logits = torch.log(torch.tensor([[0.2, 0.8], [0.5, 0.5]]))
    assert sample_losses(logits, torch.tensor([0, 1])).tolist() == pytest.approx([-math.log(0.2), math.log(2)])


def test_the_forward_pass_gives_logits_and_the_heads_input_in_single_precision(
    compute: Compute, perceptron: Callable[..., Network]
) -> None:
    network, inputs = perceptron(0), torch.randn(5, 6)
    logits, features = forward(network, inputs, compute)
    assert torch.equal(features, network.body(inputs))
    assert torch.allclose(logits, features @ network.head.weight.T + network.head.bias, atol=1e-6)


def test_mixed_precision_takes_images_channels_last_and_gives_single_precision() -> None:
    network = move_to_device(build("small", 4, "none", 0), FAST).eval()
    formats = []
    first_layer = network.body.get_submodule("conv1")
    assert isinstance(first_layer, nn.Conv2d)
    first_layer.register_forward_hook(lambda layer, given, made: formats.append((given[0], made)))
    logits, features = forward(network, torch.randn(3, 3, 16, 16), FAST)
    assert logits.dtype == features.dtype == torch.float32
    ((images, first),) = formats
    assert images.is_contiguous(memory_format=torch.channels_last) and first.dtype == torch.bfloat16
    assert first_layer.weight.is_contiguous(memory_format=torch.channels_last)


def test_mixed_precision_takes_frozen_features_too(perceptron: Callable[..., Network]) -> None:
    network, inputs = perceptron(0), torch.randn(5, 6)
    expected = network(inputs)[0]
    assert torch.allclose(forward(move_to_device(network, FAST), inputs, FAST)[0], expected, atol=0.02)


def test_predictions_are_made_in_eval_mode_in_the_order_asked_for(
    data: Any, tensors: Any, compute: Compute, perceptron: Callable[..., Network]
) -> None:
    values, _ = data
    source = tensors(values, noise=1.0)
    networks = tuple(perceptron(seed, norm=True).train() for seed in (0, 1))
    positions = np.array([7, 3, 29, 0, 11, 5, 8, 2, 4])
    logits, features = predict(networks, source, positions, compute, 4)
    assert logits.shape == (2, 9, 3) and features.shape == (9, 16)
    assert source.trained == [] and np.concatenate(source.scored).tolist() == positions.tolist()
    with torch.no_grad():
        for number, network in enumerate(networks):
            expected, h = network.eval()(values[positions])
            assert np.allclose(logits[number], expected, atol=1e-6)
            assert number or np.allclose(features, h, atol=1e-6)


def test_processes_that_train_together_share_the_predictions(
    data: Any, tensors: Any, perceptron: Callable[..., Network]
) -> None:
    positions = np.array([7, 3, 29, 0, 11, 5, 8, 2, 4, 1, 6])

    networks = (perceptron(0), perceptron(1))

    def work(group: Group) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return predict(networks, tensors(data[0]), positions, compute_of(group), 4)

    (alone,) = together(1, work)
    for theirs in together(3, work):
        assert np.allclose(theirs[0], alone[0], atol=1e-6) and np.allclose(theirs[1], alone[1], atol=1e-6)


def sizes(parts: int, batch: int) -> list[int]:
    memory = MicroBatches()
    memory.parts = parts
    cut: list[slice] = []

    def step(slices: list[slice]) -> Tensor:
        cut.extend(slices)
        return torch.zeros(())

    memory.run(step, batch)
    assert [k for part in cut for k in range(part.start, part.stop)] == list(range(batch))
    return [part.stop - part.start for part in cut]


@pytest.mark.parametrize(
    ("parts", "batch", "expected"),
    [
        (1, 8, [8]),
        (2, 8, [4, 4]),
        (4, 10, [3, 3, 4]),
        (4, 8, [2, 2, 2, 2]),
        (8, 8, [2, 2, 2, 2]),
        (2, 3, [3]),
        (4, 1, [1]),
    ],
)
def test_no_part_is_a_single_sample_which_batch_normalization_could_not_take(
    parts: int, batch: int, expected: list[int]
) -> None:
    assert sizes(parts, batch) == expected


def test_parts_stay_small_after_the_memory_ran_out_once() -> None:
    memory, tried = MicroBatches(), []

    def step(slices: list[slice]) -> Tensor:
        tried.append(len(slices))
        if slices[0].stop > 16:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return torch.tensor(float(len(slices)))

    assert [memory.run(step, 64).item() for _ in range(2)] == [4, 4]
    assert tried == [1, 2, 4, 4]
    assert len(memory.notices()) == 2 and memory.notices() == ()


@pytest.mark.parametrize(
    "message",
    [
        "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    ],
)
def test_memory_that_a_library_of_cuda_lacks_also_makes_parts_smaller(message: str) -> None:
    memory = MicroBatches()

    def step(slices: list[slice]) -> Tensor:
        if len(slices) == 1:
            raise RuntimeError(message)
        return torch.tensor(float(len(slices)))

    assert memory.run(step, 64).item() == 2


def test_another_error_is_not_taken_for_a_full_memory() -> None:
    def step(slices: list[slice]) -> Tensor:
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        MicroBatches().run(step, 8)


def test_processes_that_train_together_do_not_split_a_batch_that_does_not_fit() -> None:
    def step(_: list[slice]) -> Tensor:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory.")

    with pytest.raises(TrainingFailed, match=r"part of a batch of 8 .* train with more GPUs, or with one"):
        MicroBatches(splits=False).run(step, 8)
