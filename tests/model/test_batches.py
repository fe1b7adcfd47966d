from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from functools import partial

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.model import augment
from alc_tui.model.batches import BatchSource, TrainingData, in_batches, shuffled
from alc_tui.model.device import Compute
from alc_tui.model.parallel.group import Group
from alc_tui.model.sources import Augmented, Images, Tensors, Views, prefetched
from tests.learners import Tensors as Recording


@pytest.mark.parametrize(
    ("count", "size", "sizes"),
    [
        (0, 4, []),
        (1, 4, [1]),
        (4, 4, [4]),
        (5, 4, [5]),
        (6, 4, [4, 2]),
        (8, 4, [4, 4]),
        (9, 4, [4, 5]),
        (3, 2, [3]),
        (257, 256, [257]),
    ],
)
def test_a_last_batch_of_one_joins_the_one_before_it(count: int, size: int, sizes: list[int]) -> None:
    positions = np.arange(100, 100 + count)
    batches = in_batches(positions, size)
    assert [len(batch) for batch in batches] == sizes
    assert [position for batch in batches for position in batch] == positions.tolist()


def test_batches_keep_the_order_they_are_given_in() -> None:
    assert [batch.tolist() for batch in in_batches(np.array([5, 1, 4, 1, 0]), 3)] == [[5, 1, 4], [1, 0]]


def test_an_epoch_brings_every_place_once_with_its_own_inputs_in_an_order_of_its_own() -> None:
    positions, source = np.array([4, 9, 2, 7, 0, 1, 8]), Recording(torch.arange(10.0)[:, None])
    orders = []
    for numbers in ((0, 0), (0, 1), (0, 0, 1), (0, 0)):
        places = []
        for batch, inputs in shuffled(TrainingData(source, positions, positions), 3, 5, *numbers):
            assert inputs[:, 0].tolist() == positions[batch].tolist()
            places += batch.tolist()
        assert sorted(places) == list(range(7))
        orders.append(places)
    assert orders[0] == orders[3] and len({tuple(order) for order in orders}) == 3


def load(batch: NDArray[np.int64]) -> Tensor:
    if 13 in batch:
        raise OSError("row 13 cannot be read")
    return torch.from_numpy(batch)


def test_batches_come_in_order() -> None:
    batches = [np.array([3, 1]), np.array([2]), np.array([9, 8, 7])]
    assert [batch.tolist() for batch in prefetched(load, batches)] == [[3, 1], [2], [9, 8, 7]]
    assert list(prefetched(load, [])) == []


def test_what_goes_wrong_while_loading_is_raised_at_its_batch() -> None:
    stream = prefetched(load, [np.array([1]), np.array([2]), np.array([13]), np.array([4])])
    assert [next(stream).item(), next(stream).item()] == [1, 2]
    with pytest.raises(OSError, match="row 13"):
        next(stream)


def test_one_batch_is_loaded_ahead_and_no_more() -> None:
    begun, changed = [], threading.Condition()

    def watched(batch: NDArray[np.int64]) -> Tensor:
        with changed:
            begun.append(int(batch[0]))
            changed.notify_all()
        return torch.from_numpy(batch)

    def is_ahead_of(used: int) -> bool:
        return len(begun) > used + 1

    stream: Iterator[Tensor] = prefetched(watched, [np.array([k]) for k in range(5)])
    for used in range(4):
        assert next(stream).item() == used
        with changed:
            assert changed.wait_for(partial(is_ahead_of, used), timeout=20)
        assert begun == list(range(used + 2))


def test_the_loader_stops_when_nobody_wants_more() -> None:
    before = threading.active_count()
    stream = prefetched(load, [np.array([k]) for k in range(5)])
    assert isinstance(stream, Generator)
    next(stream)
    stream.close()
    assert threading.active_count() <= before


@pytest.fixture
def pixels() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(256, size=(9, 18, 18, 3), dtype=np.uint8)


@pytest.fixture
def images(pixels: NDArray[np.uint8], compute: Compute) -> Images:
    """Eight samples whose rows in the cache are in another order."""
    return Images(pixels, np.array([8, 6, 4, 2, 0, 1, 3, 5]), 16, compute)


BATCHES = [np.array([2, 0, 7]), np.array([5, 1])]


def test_scoring_gives_each_batch_resized_and_normalized(images: Images, pixels: NDArray[np.uint8]) -> None:
    first, second = images.scoring(BATCHES)
    assert first.shape == (3, 3, 16, 16) and second.shape == (2, 3, 16, 16)
    for made, rows in ((first, [4, 8, 5]), (second, [1, 6])):
        assert made.dtype == torch.float32
        expected = augment.resize_and_normalize(torch.from_numpy(pixels[rows]).permute(0, 3, 1, 2), 16)
        assert torch.equal(made, expected)


def test_training_gives_each_batch_augmented_by_the_draws_of_the_stream(
    images: Images, pixels: NDArray[np.uint8]
) -> None:
    first, second = images.training(BATCHES, np.random.default_rng(4))
    draws = augment.draw_parameters(5, np.random.default_rng(4))
    for made, rows, span in ((first, [4, 8, 5], (0, 3)), (second, [1, 6], (3, 5))):
        cut = torch.from_numpy(pixels[rows]).permute(0, 3, 1, 2)
        assert torch.equal(made, augment.augment(cut, draws.rows(*span), 16))


def test_the_same_stream_gives_the_same_training_and_another_gives_another(images: Images) -> None:
    runs = [torch.cat(list(images.training(BATCHES, np.random.default_rng(seed)))) for seed in (1, 1, 2)]
    assert torch.equal(runs[0], runs[1]) and not torch.equal(runs[0], runs[2])


def test_how_an_epoch_is_cut_into_batches_does_not_change_its_augmentation(images: Images) -> None:
    order = np.array([6, 2, 0, 7, 5, 1])
    cuts = [in_batches(order, size) for size in (2, 3, 6)]
    runs = [torch.cat(list(images.training(batches, np.random.default_rng(1)))) for batches in cuts]
    assert torch.allclose(runs[0], runs[1], atol=1e-6) and torch.allclose(runs[0], runs[2], atol=1e-6)


def test_there_are_as_many_samples_as_rows_and_on_a_cpu_they_stay_in_the_cache(images: Images) -> None:
    assert len(images) == 8 and not images.resident


def test_a_memory_mapped_cache_is_read_and_not_changed(tmp_path: object, compute: Compute) -> None:
    path = f"{tmp_path}/pixels.npy"
    np.save(path, np.random.default_rng(0).integers(256, size=(4, 18, 18, 3), dtype=np.uint8))
    stored = np.load(path, mmap_mode="r")
    source = Images(stored, np.arange(4), 16, compute)
    before = stored.tobytes()
    list(source.training([np.arange(4)], np.random.default_rng(0)))
    assert len(list(source.scoring([np.arange(4)]))) == 1 and stored.tobytes() == before


def test_tensors_are_used_as_they_are_in_training_and_in_scoring(compute: Compute) -> None:
    values = torch.from_numpy(np.random.default_rng(0).standard_normal((5, 3)))
    source, batches = Tensors(values, compute), [np.array([4, 0]), np.array([2])]
    assert len(source) == 5
    for inputs in (source.training(batches, np.random.default_rng(0)), source.scoring(batches)):
        first, second = inputs
        assert first.dtype == torch.float32 and torch.equal(first, values.float()[[4, 0]])
        assert torch.equal(second, values.float()[[2]])


SHARED = [np.array([2, 0, 7, 5, 1]), np.array([6, 3, 4]), np.array([0, 2])]
"""Batches of which three processes have different parts, some of them none."""


@pytest.mark.parametrize("kind", ["images", "augmented", "views", "tensors"])
def test_the_parts_of_a_batch_are_those_of_the_whole_augmentation_included(
    kind: str, images: Images, compute: Compute
) -> None:
    def source() -> BatchSource:
        """A new one each time, because one that augments for scoring goes on drawing."""
        sources: dict[str, BatchSource] = {
            "images": images,
            "augmented": Augmented(images, np.random.default_rng(7)),
            "views": Views(torch.randn(3, 8, 2, generator=torch.Generator().manual_seed(1)), compute),
            "tensors": Tensors(torch.arange(8.0)[:, None], compute),
        }
        return sources[kind]

    def batches(group: Group, is_training: bool) -> list[Tensor]:
        if is_training:
            return list(source().training(SHARED, np.random.default_rng(1), group.part))
        return list(source().scoring(SHARED, group.part))

    for is_training in (True, False):
        (whole, *parts) = (batches(Group(rank, size), is_training) for rank, size in ((0, 1), (0, 3), (1, 3), (2, 3)))
        assert {len(inputs) for part in parts for inputs in part} == {0, 2, 3}
        for number, expected in enumerate(whole):
            joined = torch.cat([part[number] for part in parts])
            assert joined.dtype == expected.dtype and torch.allclose(joined, expected, rtol=0, atol=1e-6)
