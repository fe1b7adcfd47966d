"""Small tensors and networks that the tests of learning share, as fixtures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alc_tui.model.batches import Part, whole
from alc_tui.model.device import Compute
from alc_tui.model.learner import EpochReport, Learner
from alc_tui.model.networks import Network


class Tensors:
    """Feature tensors float32[n, D] as a batch source that remembers what it was asked for.

    noise: standard deviation of what the training adds, its augmentation.
    """

    def __init__(self, values: Tensor, noise: float = 0.0) -> None:
        self.values, self._noise = values, noise
        self.trained: list[list[NDArray[np.int64]]] = []
        self.given: list[list[Tensor]] = []
        self.scored: list[NDArray[np.int64]] = []

    def __len__(self) -> int:
        return len(self.values)

    def training(
        self, batches: Sequence[NDArray[np.int64]], rng: np.random.Generator, part: Part = whole
    ) -> Iterator[Tensor]:
        self.trained.append(list(batches))
        self.given.append([])
        for batch in batches:
            inputs = self.values[torch.from_numpy(batch)]
            inputs = inputs + self._noise * torch.from_numpy(rng.standard_normal(inputs.shape)).to(inputs.dtype)
            self.given[-1].append(inputs)
            yield inputs[part(len(batch))]

    def scoring(self, batches: Sequence[NDArray[np.int64]], part: Part = whole) -> Iterator[Tensor]:
        for batch in batches:
            self.scored.append(batch)
            yield self.values[torch.from_numpy(batch)][part(len(batch))]


class Cramped(nn.Module):
    """A body in a memory that holds `room` samples."""

    def __init__(self, body: nn.Module, room: int) -> None:
        super().__init__()
        self.body, self.room = body, room

    def forward(self, images: Tensor) -> Tensor:
        if len(images) > self.room:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        answers: Tensor = self.body(images)
        return answers


def heaps(samples: int, classes: int, features: int, rng: np.random.Generator) -> tuple[Tensor, NDArray[np.int64]]:
    """Linearly separable samples and their classes: feature c of class c is 5 to 7, all other features are −1 to 1."""
    truth = rng.integers(classes, size=samples)
    values = 6 * np.eye(classes, features)[truth] + rng.uniform(-1, 1, (samples, features))
    return torch.from_numpy(values.astype(np.float32)), truth


def planted() -> tuple[Tensor, NDArray[np.int64], NDArray[np.bool_]]:
    """600 samples of 10 features in four heaps far apart, their given labels, and which are wrong: about 40 %."""
    rng = np.random.default_rng(8)
    values, truth = heaps(600, 4, 10, rng)
    wrong = rng.random(600) < 0.4
    return values, np.where(wrong, (truth + rng.integers(1, 4, size=600)) % 4, truth), wrong


def normalization(network: nn.Module) -> nn.BatchNorm1d:
    """The batch normalization of a perceptron that has one."""
    (layer,) = (layer for layer in network.modules() if isinstance(layer, nn.BatchNorm1d))
    return layer


def without_dropout(network: Network) -> Network:
    """The same network; its only dropout drops nothing."""
    (layer,) = (layer for layer in network.modules() if isinstance(layer, nn.Dropout))
    layer.p = 0.0
    return network


def selection(report: EpochReport) -> NDArray[np.bool_]:
    """The samples that peer 1 selected in an epoch, bool[n]; for methods that select."""
    assert report.selected is not None
    return report.selected


def same_selection(one: EpochReport, other: EpochReport) -> bool:
    """Whether two epochs selected the same samples, or both none because the method does not select."""
    if one.selected is None or other.selected is None:
        return one.selected is other.selected
    return np.array_equal(one.selected, other.selected)


def put_down_and_taken_up(start: Callable[[], Learner], pause: int, epochs: int) -> None:
    """Assert that a run put down after `pause` of its `epochs` ends bit for bit like one that was not."""
    undisturbed, first, second = start(), start(), start()
    expected = [undisturbed.run_epoch() for _ in range(epochs)]
    for _ in range(pause):
        first.run_epoch()
    kept = {name: value.clone() for name, value in first.state().items()}
    torch.rand(3)
    second.load(kept)
    got = [second.run_epoch() for _ in range(pause, epochs)]
    assert [report.losses for report in got] == [report.losses for report in expected[pause:]]
    assert all(same_selection(one, other) for one, other in zip(got, expected[pause:], strict=True))
    before, after = undisturbed.state(), second.state()
    assert before.keys() == after.keys()
    assert [name for name in before if not torch.equal(before[name], after[name])] == []


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for each other take longer than these small tensors do."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def compute() -> Compute:
    return Compute(torch.device("cpu"), bf16=False, channels_last=False)


@pytest.fixture
def tensors() -> type[Tensors]:
    return Tensors


@pytest.fixture
def perceptron() -> Callable[..., Network]:
    """A network of one hidden layer; with `norm`, batch normalization and dropout too."""

    def make(seed: int, inputs: int = 6, hidden: int = 16, classes: int = 3, norm: bool = False) -> Network:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            layers: list[nn.Module] = [nn.Linear(inputs, hidden)]
            layers += [nn.BatchNorm1d(hidden), nn.ReLU(), nn.Dropout(0.3)] if norm else [nn.ReLU()]
            return Network(nn.Sequential(*layers), nn.Linear(hidden, classes))

    return make


@pytest.fixture
def data() -> tuple[Tensor, NDArray[np.int64]]:
    """30 samples of 6 features and one of 3 labels each, at random."""
    rng = np.random.default_rng(5)
    return torch.from_numpy(rng.standard_normal((30, 6)).astype(np.float32)), rng.integers(3, size=30)
