from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alc_tui.data.dataset import TEST, TRAIN, UNASSIGNED, UNKNOWN, VAL
from alc_tui.data.sources.table import open_table
from alc_tui.errors import UsageError

Put = Callable[..., Path]


def test_the_table_gives_labels_split_truth_and_groups(put: Put) -> None:
    put("img/a b.png", gray=9)
    path = put(
        "labels.csv",
        "\ufeffimage,label,split,truth,group,remark\n"
        'img/a b.png,10,train,2,p1,"a, b"\n'
        "./img/c.png,2,Train,,p1,\n"
        "\n"
        "img/d.png,2,val,10,,\n"
        "img/e.png,10,test,2,p2,\n",
    )
    data = open_table(path, "csv:labels.csv")
    assert data.classes == ("2", "10")
    assert data.ids == ("img/a b.png", "img/c.png", "img/d.png", "img/e.png")
    assert data.labels.tolist() == [1, 0, 0, 1]
    assert data.split.tolist() == [TRAIN, TRAIN, VAL, TEST]
    assert data.truth is not None and data.truth.tolist() == [0, UNKNOWN, 1, 0]
    assert data.groups == ("p1", "p1", "", "p2")
    assert data.images.read(0).getpixel((0, 0)) == (9, 9, 9)
    assert data.root == path.parent and data.name == "csv:labels.csv"


def test_image_and_label_are_enough(put: Put) -> None:
    data = open_table(put("labels.csv", "label,image\r\nx,a.png\r\ny,b.png\r\n"), "x")
    assert data.split.tolist() == [UNASSIGNED] * 2
    assert data.truth is None and data.groups is None


def test_with_train_and_test_only_the_training_samples_are_left_to_divide(put: Put) -> None:
    data = open_table(put("l.csv", "image,label,split\na.png,x,train\nb.png,x,test\n"), "x")
    assert data.split.tolist() == [UNASSIGNED, TEST]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("image,class\na.png,x\n", "no column 'label'.*'image', 'class'"),
        ("image;label\na.png;x\n", "no column 'image', 'label'.*separated by commas"),
        ("image,label,label\na.png,x,y\n", "column 'label' more than once"),
        ("image,label\n", "has no rows"),
        ("", "is empty"),
        ("image,label\na.png,x\nb.png,\n", "Row 3 .* no label"),
        ("image,label\na.png,x,y\n", "Row 2 .* 3 cells"),
        ("image,label\na.png,x\nd/../a.png,y\n", r"Row 3 .* repeats the image 'd/\.\./a\.png' of row 2"),
        ("image,label\n,x\n", "Row 2 .* the image ''"),
        ("image,label\n/etc/passwd,x\n", "Row 2 .* '/etc/passwd'.*inside"),
        ("image,label\n../a.png,x\n", "Row 2 .*inside"),
        ("image,label\nd/../../a.png,x\n", "Row 2 .*inside"),
        ("image,label\nC:\\a.png,x\n", "Row 2 .*inside"),
        ("image,label\nd\\..\\..\\a.png,x\n", "Row 2 .*inside"),
        ("image,label,split\na.png,x,train\nb.png,x,dev\n", "Row 3 .* the split 'dev'"),
        ("image,label,split\na.png,x,train\nb.png,x,\n", "Row 3 .* the split ''"),
        ("image,label,split\na.png,x,val\n", "no row with the split 'train'"),
        ("image,label,split\na.png,x,train\nb.png,y,test\n", "Row 3 .* the label 'y', which no training row has"),
        ("image,label,truth\na.png,x,y\n", "Row 2 .* the truth 'y'"),
    ],
)
def test_a_faulty_table_is_refused_with_the_row(put: Put, text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        open_table(put("labels.csv", text), "x")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_than_utf_8_is_refused(put: Put, encoding: str) -> None:
    with pytest.raises(UsageError, match="not UTF-8"):
        open_table(put("labels.csv", "image,label\na.png,ä\n".encode(encoding)), "x")


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.csv cannot be read"):
        open_table(tmp_path / "gone.csv", "x")


def test_links_that_leave_the_folder_are_refused_and_those_inside_are_not(tmp_path: Path, put: Put) -> None:
    put("outside/secret.png")
    put("data/real.png")
    (tmp_path / "data" / "link.png").symlink_to(tmp_path / "data" / "real.png")
    (tmp_path / "data" / "out.png").symlink_to(tmp_path / "outside" / "secret.png")
    (tmp_path / "data" / "folder").symlink_to(tmp_path / "outside")
    (tmp_path / "data" / "loop").symlink_to(tmp_path / "data" / "loop")
    assert len(open_table(put("data/good.csv", "image,label\nlink.png,x\nreal.png,x\n"), "x")) == 2
    for name in ("out.png", "folder/secret.png", "loop/a.png"):
        with pytest.raises(UsageError, match=f"Row 2 .*'{name}'.*inside"):
            open_table(put("data/bad.csv", f"image,label\n{name},x\n"), "x")


def test_the_folder_of_the_table_may_itself_be_a_link(tmp_path: Path, put: Put) -> None:
    put("real/a.png")
    put("real/labels.csv", "image,label\na.png,x\n")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert open_table(tmp_path / "link" / "labels.csv", "x").images.read(0).size == (6, 4)
