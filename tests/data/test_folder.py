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
        (["a.png"], "No class folders"),
        (["train/A/a.png", "train/B/b.png", "test/A/a.png"], "test split of .* lacks the class 'B'"),
        (["train/A/a.png", "test/A/a.png", "test/B/b.png"], "train split of .* lacks the class 'B'"),
        (["val/A/a.png", "test/A/a.png"], "test/ and val/ but no train folder|val/ and test/ but no train folder"),
        (["A/train/a.png", "B/b.png"], "A is divided into splits, and 'B' is not"),
        (["A/train/a.png", "A/test/b.png", "B/train/a.png"], "test split of .* lacks the class 'B'"),
        (["A/train/a.png", "A/val/b.png", "A/dev/b.png", "B/train/a.png"], "same split"),
        (["train/A/a.png", "other/b.png"], "train/ and also 'other'"),
        (["train/A/a.png", "val/A/a.png", "valid/A/a.png"], "same split"),
        (["train/a.png", "test/b.png"], "No class folders"),
    ],
)
def test_folders_that_cannot_be_meant_are_refused(tmp_path: Path, put: Put, files: list[str], problem: str) -> None:
    for name in files:
        put(name)
    with pytest.raises(UsageError, match=problem):
        open_folder(tmp_path, "x")


@pytest.mark.parametrize(
    ("train", "val", "test"),
    [("Training", "Validation", "Testing"), ("train_set", "dev", "test_set"), ("TRAIN", "valid", "TEST")],
)
def test_common_names_of_splits_are_splits_above_the_classes_and_below(
    tmp_path: Path, put: Put, train: str, val: str, test: str
) -> None:
    for part in (train, val, test):
        for label in ("A", "B"):
            put(f"above/{part}/{label}/1.png")
            put(f"below/{label}/{part}/1.png")
    above, below = (open_folder(tmp_path / where, "x") for where in ("above", "below"))
    for data in (above, below):
        assert data.classes == ("A", "B")
        assert data.split.tolist() == [TRAIN, TRAIN, VAL, VAL, TEST, TEST] and data.labels.tolist() == [0, 1] * 3
    assert below.ids[:2] == (f"A/{train}/1.png", f"B/{train}/1.png")


@pytest.mark.parametrize("wrapper", ["dataset/", "images/", "archive/archive/"])
@pytest.mark.parametrize("part", ["", "train/"])
def test_folders_around_the_classes_or_splits_are_entered(tmp_path: Path, put: Put, wrapper: str, part: str) -> None:
    for label in ("A", "B"):
        put(f"{wrapper}{part}{label}/1.png")
        if part:
            put(f"{wrapper}test/{label}/1.png")
    put("loose.png")
    data = open_folder(tmp_path, "x")
    assert data.classes == ("A", "B") and data.ids[0] == f"{wrapper}{part}A/1.png"
    assert data.inventory.omission_counts() == {"image beside the class folders": 1}


def test_folders_around_the_classes_of_a_split_are_entered(tmp_path: Path, put: Put) -> None:
    for part in ("train", "test"):
        for label in ("A", "B"):
            put(f"{part}/images/{label}/1.png")
        put(f"{part}/masks/A/1.png")
    data = open_folder(tmp_path, "x")
    assert data.classes == ("A", "B") and len(data) == 4
    assert data.inventory.omission_counts() == {"mask or segmentation beside its image": 2}


def test_a_class_in_batches_is_not_entered_where_another_class_could_not_be_read(tmp_path: Path, put: Put) -> None:
    put("MEL/batch1/1.png")
    put("MEL/batch2/1.png")
    (tmp_path / "NV").symlink_to("/nowhere/unmounted")
    data = open_folder(tmp_path, "x")
    assert data.classes == ("MEL",) and [problem.path for problem in data.inventory.problems] == ["NV"]


@pytest.mark.parametrize("content", [["B/b.nii"], ["B/@eaDir/b.png"]])
def test_a_class_folder_without_images_is_a_problem(tmp_path: Path, put: Put, content: list[str]) -> None:
    for name in ("A/a.png", "C/c.png", *content):
        put(name)
    data = open_folder(tmp_path, "x")
    assert data.classes == ("A", "C")
    assert [(p.path, p.reason) for p in data.inventory.problems] == [("B", "a class folder without images")]


def test_an_empty_folder_of_a_split_is_a_problem_and_an_empty_one_in_a_class_is_not(tmp_path: Path, put: Put) -> None:
    put("train/A/a.png")
    put("train/B/b.png")
    (tmp_path / "test").mkdir()
    (tmp_path / "train/A/empty").mkdir()
    data = open_folder(tmp_path, "x")
    assert [problem.path for problem in data.inventory.problems] == ["test"]
    assert data.split.tolist() == [UNASSIGNED] * 2


def test_what_could_not_be_read_is_named_where_a_split_lacks_a_class(tmp_path: Path, put: Put) -> None:
    for name in ("train/A/a.png", "train/B/b.png", "test/A/a.png"):
        put(name)
    (tmp_path / "test/B").symlink_to("/nowhere")
    with pytest.raises(UsageError, match=r"lacks the class 'B'.*test/B: a link to /nowhere"):
        open_folder(tmp_path, "x")


def test_folders_for_missing_labels_are_a_problem(tmp_path: Path, put: Put) -> None:
    for name in ("A/a.png", "B/b.png", "nan/c.png"):
        put(name)
    data = open_folder(tmp_path, "x")
    assert data.classes == ("A", "B") and len(data) == 2
    assert [(p.path, p.reason) for p in data.inventory.problems] == [("nan", "a class folder for missing labels")]


def test_a_folder_without_images_says_what_it_holds_instead(tmp_path: Path, put: Put) -> None:
    for name in ("A/a.nii", "A/b.nii", "B/c.nii"):
        put(name)
    (tmp_path / "C").symlink_to("/nowhere")
    with pytest.raises(UsageError) as caught:
        open_folder(tmp_path, "x")
    assert "No class folders with images found in" in str(caught.value)
    assert "(left out: 3 × NIfTI file (.nii); cannot be used: 3 (C: a link to /nowhere" in str(caught.value)


def test_class_folders_that_look_alike_are_refused_or_joined(tmp_path: Path, put: Put) -> None:
    for name in (
        "train/MEL/a.png",
        "train/MEL/b.png",
        "train/mel /c.png",
        "train/NV/d.png",
        "test/mel/e.png",
        "test/NV/f.png",
    ):
        put(name)
    with pytest.raises(UsageError, match=r"'MEL' \(2\).*'mel ' \(1\).*--merge-alike"):
        open_folder(tmp_path, "x")
    data = open_folder(tmp_path, "x", merge_alike=True)
    assert data.classes == ("MEL", "NV") and data.labels.tolist() == [0, 0, 0, 1, 0, 1]
    assert data.ids[2] == "train/mel /c.png"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone cannot be read"):
        open_folder(tmp_path / "gone", "x")


def test_names_are_ordered_as_a_person_orders_them() -> None:
    long = "9" * 5000
    assert natural_order(["b10", "B2", "a", "b010", "10", "9", long, "", "a"]) == (
        *("", "9", "10", long, "a", "B2", "b010", "b10"),
    )
