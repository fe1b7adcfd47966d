from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.catalog import apply_split, data_root, open_dataset, open_images, report
from alc_tui.data.dataset import TEST, TRAIN, UNASSIGNED, VAL, Dataset
from alc_tui.data.dataset_names import DATASETS
from alc_tui.data.images import FileImages
from alc_tui.errors import UsageError

Put = Callable[..., Path]


def dataset(labels: list[int], split: list[int], classes: tuple[str, ...] = ("A", "B")) -> Dataset:
    ids = tuple(map(str, range(len(labels))))
    images = FileImages(Path(), ids)
    return Dataset("x", classes, ids, np.array(labels), np.array(split, np.int8), images, Path())


def counts(data: Dataset, part: int) -> list[int]:
    return [int(size) for size in np.bincount(data.labels[data.split == part], minlength=len(data.classes))]


def test_the_data_root_may_be_a_url() -> None:
    assert str(data_root(Path("https://host/images"))) == "https://host/images"


def test_a_data_set_is_opened_by_its_name(tmp_path: Path, put: Put) -> None:
    put("A/a.png")
    put("l.csv", "image,label\nA/a.png,A\n")
    arrays: dict[str, Any] = {}
    for part in ("train", "val", "test"):
        arrays[f"{part}_images"] = np.zeros((1, 2, 2), np.uint8)
        arrays[f"{part}_labels"] = np.zeros((1, 1), np.uint8)
    np.savez(tmp_path / "breastmnist.npz", **arrays)
    for spec in (f"folder:{tmp_path}", f"csv:{tmp_path / 'l.csv'}", "medmnist:breastmnist", "demo"):
        data = open_dataset(spec, tmp_path)
        assert data.name == spec
        assert data.images.read(0).mode == "RGB"
        locators = [data.images.locator(i) for i in range(len(data))]
        again = open_images(spec, data.root, locators)
        assert again.token(len(data) - 1) == data.images.token(len(data) - 1)
        assert again.read(0).tobytes() == data.images.read(0).tobytes()


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("isik", "Unknown data set 'isik'; did you mean 'isic'"),
        ("nct_lt", "did you mean 'nct-lt'"),
        (
            "qqq",
            r"use one of isic, nct, nct-lt, medmnist:FLAG\[@SIZE\], folder:PATH, csv:PATH, label-studio:PATH, demo",
        ),
        ("isic:2020", "Unknown data set 'isic:2020'"),
        ("folder:", "specify folder:PATH"),
        ("csv", "specify csv:PATH"),
        ("", "Unknown data set ''"),
    ],
)
def test_an_unknown_name_is_refused_with_a_suggestion(spec: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        open_dataset(spec, tmp_path)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("spec", ["isic", "nct", "nct-lt", "medmnist:pathmnist"])
def test_data_sets_that_lie_in_a_root_ask_for_it(spec: str) -> None:
    with pytest.raises(UsageError, match="--data-root or set ALC_DATA"):
        open_dataset(spec, None)


def test_everything_known_has_a_line() -> None:
    assert [spec.partition(":")[0] for spec, line in DATASETS.items() if line] == [
        *("isic", "nct", "nct-lt", "medmnist", "folder", "csv", "label-studio", "demo"),
    ]


def test_the_data_root_is_the_option_then_alc_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALC_DATA", raising=False)
    assert data_root(None) is None
    (tmp_path / "a").mkdir()
    monkeypatch.setenv("ALC_DATA", str(tmp_path / "a"))
    assert data_root(None) == tmp_path / "a"
    assert data_root(tmp_path) == tmp_path
    monkeypatch.setenv("ALC_DATA", str(tmp_path / "gone"))
    with pytest.raises(UsageError, match=r"gone is not a folder; check ALC_DATA"):
        data_root(None)
    with pytest.raises(UsageError, match="check --data-root"):
        data_root(tmp_path / "no")


@pytest.mark.parametrize("locator", ["/etc/passwd", "../a.png", "a/../../b.png"])
def test_images_outside_the_root_are_not_opened_again(locator: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is outside"):
        open_images("isic", tmp_path, ["a.png", locator])


def test_without_a_given_split_the_tail_is_cut_from_the_training_samples_alone(rng: np.random.Generator) -> None:
    whole = dataset([0, 1] * 500, [UNASSIGNED] * 1000)
    plain = apply_split(whole, None, None, np.random.default_rng(1), rng)
    tailed = apply_split(whole, None, 10, np.random.default_rng(1), rng)
    largest = min(counts(plain, TRAIN))
    assert counts(tailed, TRAIN) == [largest, largest // 10]
    for part in (VAL, TEST):
        assert counts(tailed, part) == counts(plain, part)
    assert tailed.ids == tuple(sorted(tailed.ids, key=int))


def test_where_only_the_test_set_is_given_the_tail_is_cut_before_the_others_are_divided(
    rng: np.random.Generator,
) -> None:
    data = apply_split(dataset([0, 1] * 200, [UNASSIGNED] * 300 + [TEST] * 100), None, 10, rng, rng)
    assert (data.split == TRAIN).sum() == 132 and (data.split == VAL).sum() == 33  # of 150 + 15
    assert counts(data, TEST) == [50, 50]


def test_a_class_without_training_samples_is_refused_by_name(rng: np.random.Generator) -> None:
    with pytest.raises(UsageError, match=r"No training sample .* the class 'B'"):
        apply_split(dataset([0, 1, 1], [TRAIN, VAL, TEST]), None, None, rng, rng)
    with pytest.raises(UsageError, match=r"'B'.*--long-tail"):
        apply_split(dataset([0, 1] * 20, [UNASSIGNED] * 40), None, 1000, rng, rng)
    with pytest.raises(UsageError, match="the class 'C'"):
        apply_split(dataset([0, 1] * 20, [UNASSIGNED] * 30 + [TEST] * 10, ("A", "B", "C")), None, 2, rng, rng)


@pytest.mark.parametrize(("split", "name"), [([TRAIN, TRAIN, TEST], "val"), ([TRAIN, TRAIN, VAL], "test")])
def test_a_data_set_without_val_or_test_samples_is_refused(
    split: list[int], name: str, rng: np.random.Generator
) -> None:
    with pytest.raises(UsageError, match=f"has no {name} sample"):
        apply_split(dataset([0, 1, 0], split), None, None, rng, rng)


def test_the_report_counts_classes_by_split_and_names_twins(tmp_path: Path, put: Put) -> None:
    for name, gray in (("train/A/1", 1), ("train/B/2", 1), ("val/A/3", 3), ("val/B/4", 4), ("test/A/5", 3)):
        put(f"data/{name}.png", gray=gray)
    put("data/test/B/6.png", b"")
    put("data/train/A/7.png", gray=7)
    put("data/train/A/8.png", gray=7)
    data = open_dataset(f"folder:{tmp_path / 'data'}", None)
    result = report(data, PixelCache(4, tmp_path / "cache").prepare(data.images))
    assert result.counts == {"A": {"train": 3, "val": 1, "test": 1}, "B": {"train": 1, "val": 1, "test": 1}}
    assert [(bad.locator, bad.reason) for bad in result.bad] == [("test/B/6.png", "empty file")]
    assert [(group.ids, group.crosses_splits, group.labels_differ) for group in result.duplicates] == [
        (("train/A/1.png", "train/B/2.png"), False, True),
        (("train/A/7.png", "train/A/8.png"), False, False),
        (("val/A/3.png", "test/A/5.png"), True, False),
    ]
    assert result.duplicates[0].classes == ("A", "B") and result.duplicates[2].splits == ("val", "test")


def test_samples_without_a_split_are_counted_as_unassigned(tmp_path: Path, put: Put) -> None:
    put("data/A/1.png")
    data = open_dataset(f"folder:{tmp_path / 'data'}", None)
    found = report(data, PixelCache(4, tmp_path / "cache").prepare(data.images))
    assert found.counts == {"A": {"train": 0, "val": 0, "test": 0, "unassigned": 1}}


def test_taking_some_samples_takes_everything_that_belongs_to_them(put: Put) -> None:
    for name in "abc":
        put(f"{name}.png", gray=ord(name))
    table = put("l.csv", "image,label,truth,group\na.png,x,y,g\nb.png,y,x,\nc.png,x,,h\n")
    data = open_dataset(f"csv:{table}", None).take([2, 0])
    assert data.ids == ("c.png", "a.png") and data.labels.tolist() == [0, 0]
    assert data.truth is not None and data.truth.tolist() == [-1, 1]
    assert data.groups == ("h", "g") and len(data) == len(data.images) == 2
    assert data.images.locator(0) == "c.png" and data.images.path(1) == table.parent / "a.png"
    assert data.images.read(0).getpixel((0, 0)) == (ord("c"),) * 3
