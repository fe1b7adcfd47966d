from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alc_tui.data.dataset import TEST, TRAIN, UNASSIGNED, VAL, natural_order
from alc_tui.data.sources.folder import open_folder
from alc_tui.errors import UsageError

Put = Callable[..., Path]


def test_each_folder_is_a_class_and_images_may_lie_deeper(tmp_path: Path, put: Put) -> None:
    for name in ("10/a.png", "2/b.JPG", "2/deep/er/c.tiff", "[red]x/d.bmp"):
        put(name)
    data = open_folder(tmp_path, "folder:x")
    assert data.classes == ("2", "10", "[red]x")
    assert data.ids == ("2/b.JPG", "2/deep/er/c.tiff", "10/a.png", "[red]x/d.bmp")
    assert data.labels.tolist() == [0, 0, 1, 2] and data.split.tolist() == [UNASSIGNED] * 4
    assert data.name == "folder:x" and data.root == tmp_path
    assert data.images.read(1).size == (6, 4)


def test_hidden_files_and_other_endings_are_left_out(tmp_path: Path, put: Put) -> None:
    for name in ("A/a.png", "A/.b.png", "A/._a.png", "A/.hidden/c.png", "A/notes.txt", "A/Thumbs.db", "B/b.png"):
        put(name)
    put(".git/x.png")
    put("loose.png")
    assert open_folder(tmp_path, "x").ids == ("A/a.png", "B/b.png")


@pytest.mark.parametrize("val", ["val", "valid", "validation", "Val"])
def test_train_val_and_test_above_the_classes_are_the_split(tmp_path: Path, put: Put, val: str) -> None:
    for part in ("train", val, "test"):
        put(f"{part}/A/1.png")
        put(f"{part}/B/1.png")
    data = open_folder(tmp_path, "x")
    assert data.ids[:2] == ("train/A/1.png", "train/B/1.png")
    assert data.split.tolist() == [TRAIN, TRAIN, VAL, VAL, TEST, TEST]
    assert data.labels.tolist() == [0, 1] * 3


def test_with_train_and_test_only_the_training_samples_are_left_to_divide(tmp_path: Path, put: Put) -> None:
    for part in ("train", "test"):
        put(f"{part}/A/1.png")
    assert open_folder(tmp_path, "x").split.tolist() == [UNASSIGNED, TEST]


def test_a_class_may_be_called_like_a_split_where_there_is_no_train(tmp_path: Path, put: Put) -> None:
    put("test/1.png")
    put("control/1.png")
    assert open_folder(tmp_path, "x").classes == ("control", "test")


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (["a.png"], "no class folders"),
        (["A/a.txt", "B/b.png"], "class folder .*A has no images"),
        (["train/A/a.png", "train/B/b.png", "test/A/a.png"], "test lacks the class 'B'"),
        (["train/A/a.png", "test/A/a.png", "test/B/b.png"], "train lacks the class 'B'"),
        (["train/A/a.png", "other/b.png"], "train/ and also 'other'"),
        (["train/A/a.png", "val/A/a.png", "valid/A/a.png"], "same split"),
        (["train/a.png", "test/b.png"], "no class folders"),
    ],
)
def test_folders_that_cannot_be_meant_are_refused(tmp_path: Path, put: Put, files: list[str], problem: str) -> None:
    for name in files:
        put(name)
    with pytest.raises(UsageError, match=problem):
        open_folder(tmp_path, "x")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone cannot be read"):
        open_folder(tmp_path / "gone", "x")


def test_names_are_ordered_as_a_person_orders_them() -> None:
    long = "9" * 5000
    assert natural_order(["b10", "B2", "a", "b010", "10", "9", long, "", "a"]) == (
        *("", "9", "10", long, "a", "B2", "b010", "b10"),
    )
