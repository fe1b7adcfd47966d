from __future__ import annotations

import hashlib
import time

import numpy as np
import pytest

from alc_tui.data.dataset import TEST, TRAIN, VAL, Dataset
from alc_tui.data.sources import demo_drawing
from alc_tui.data.sources.demo import DemoImages, open_demo
from alc_tui.errors import UsageError


@pytest.fixture(scope="module")
def data() -> Dataset:
    return open_demo()


def test_train_counts_follow_the_exponential_profile(data: Dataset) -> None:
    counts = np.bincount(data.labels[data.split == TRAIN], minlength=8)
    assert counts.tolist() == [600, 369, 227, 140, 86, 53, 33, 20]
    assert counts[0] == 30 * counts[-1]


def test_validation_and_test_have_the_same_count_in_every_class(data: Dataset) -> None:
    for part, count in ((VAL, 28), (TEST, 70)):
        assert np.bincount(data.labels[data.split == part]).tolist() == [count] * 8


def test_fields_agree(data: Dataset) -> None:
    assert data.name == "demo"
    assert len(data.classes) == len(set(data.classes)) == 8
    assert len(data) == len(data.images) == len(data.labels) == len(set(data.ids)) == 2312
    assert data.ids[12] == "demo-00012"
    assert data.labels.dtype == np.int64 and data.split.dtype == np.int8
    assert data.truth is not None and data.truth is not data.labels
    assert np.array_equal(data.truth, data.labels)


def test_locators_hold_the_label_and_are_unique(data: Dataset) -> None:
    locators = [data.images.locator(i) for i in range(len(data))]
    assert len(set(locators)) == len(data)
    assert [int(locator.split("/")[1]) for locator in locators] == data.labels.tolist()


def test_the_order_does_not_give_the_class_away(data: Dataset) -> None:
    first, second = data.labels[: len(data) // 2], data.labels[len(data) // 2 :]
    assert set(first) == set(second) == set(range(8))


def test_opened_twice_it_is_the_same(data: Dataset) -> None:
    again = open_demo()
    assert again.ids == data.ids
    assert np.array_equal(again.labels, data.labels) and np.array_equal(again.split, data.split)
    assert [again.images.token(i) for i in range(50)] == [data.images.token(i) for i in range(50)]


def test_pixels_depend_on_the_locator_alone() -> None:
    one = DemoImages(["demo/2/00012", "demo/3/00001"])
    other = DemoImages(["demo/3/00001", "demo/2/00012", "demo/2/00013"])
    assert one.read(0).tobytes() == other.read(1).tobytes() == one.read(0).tobytes()
    assert other.read(1).tobytes() != other.read(2).tobytes()


def test_a_locator_comes_back_and_has_a_token_and_no_file() -> None:
    images = DemoImages(["demo/2/00012"])
    assert images.locator(0) == "demo/2/00012"
    assert images.token(0) == f"demo|{demo_drawing.VERSION}|2|12"
    assert images.path(0) is None


@pytest.mark.parametrize("locator", ["demo/8/00001", "demo/1/1", "isic/1/00001", "demo/1/00001/x", ""])
def test_a_foreign_locator_is_refused(locator: str) -> None:
    with pytest.raises(UsageError, match="demo/CLASS/NUMBER"):
        DemoImages([locator])


@pytest.mark.slow
def test_every_image_is_its_own_64_by_64_rgb_and_the_set_takes_seconds(data: Dataset) -> None:
    start = time.process_time()
    seen = set()
    for index in range(len(data)):
        image = data.images.read(index)
        assert image.mode == "RGB" and image.size == (64, 64)
        seen.add(hashlib.sha256(image.tobytes()).digest())
    assert time.process_time() - start < 30
    assert len(seen) == len(data)


def test_images_are_neither_flat_nor_blown_out(data: Dataset) -> None:
    for index in range(0, len(data), 23):
        pixels = np.asarray(data.images.read(index), dtype=float)
        assert pixels.std() > 8
        assert np.isin(pixels, (0, 255)).mean() < 0.2


def test_classes_differ_on_average() -> None:
    means = [np.mean([demo_drawing.render(label, n) for n in range(40)], axis=0) for label in range(8)]
    gaps = [np.abs(a - b).max() for i, a in enumerate(means) for b in means[:i]]
    assert min(gaps) > 10


def test_looks_are_told_apart_by_more_than_color() -> None:
    textures = ("network", "dots", "streaks", "crust")
    shown = {tuple(getattr(each, name) > 0.7 for name in textures) for each in demo_drawing.APPEARANCES.values()}
    assert len(shown) == 5
    assert all(demo_drawing.APPEARANCES[name].similar_to != label for label, name in enumerate(demo_drawing.CLASSES))
