from __future__ import annotations

import os
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
        ("image_id,label\na,x\n", "no column 'image'.*'image_id', 'label'; rename"),
        ("image,label,label\na.png,x,y\n", "column 'label' more than once"),
        ("image,label\n", "has no rows"),
        ("", "is empty"),
        ("image,label\na.png,\nb.png,nan\n", "No row of .* has a label"),
        ("image,label\na.png,x,y\n", "Row 2 .* 3 cells"),
        ("image,label\na.png,x\nd/../a.png,y\n", r"Row 3 .* repeats the image 'd/\.\./a\.png' of row 2"),
        ("image,label\n,x\n", "Row 2 .* the image ''"),
        ("image,label\n/etc/passwd,x\n", "Row 2 .* '/etc/passwd'.*inside"),
        ("image,label\n../a.png,x\n", "Row 2 .*inside"),
        ("image,label\nd/../../a.png,x\n", "Row 2 .*inside"),
        ("image,label\nC:\\a.png,x\n", "Row 2 .*inside"),
        ("image,label\nd\\..\\..\\a.png,x\n", "Row 2 .*inside"),
        ("image,label,split\na.png,x,train\nb.png,x,later\n", "Row 3 .* the split 'later'"),
        ("image,label,split\na.png,x,train\nb.png,x,\n", "Row 3 .* the split ''"),
        ("image,label,split\na.png,x,val\n", "no row with the split 'train'"),
        ("image,label,split\na.png,x,train\nb.png,y,test\n", "Row 3 .* the label 'y', which occurs in no training row"),
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


def test_links_of_the_owner_are_followed_and_said(tmp_path: Path, put: Put) -> None:
    put("outside/far.png")
    put("data/real.png")
    (tmp_path / "data" / "link.png").symlink_to(tmp_path / "data" / "real.png")
    (tmp_path / "data" / "out.png").symlink_to(tmp_path / "outside" / "far.png")
    (tmp_path / "data" / "folder").symlink_to(tmp_path / "outside")
    rows = "".join(f"{name},x\n" for name in ("link.png", "real.png", "out.png", "folder/far.png"))
    data = open_table(put("data/good.csv", f"image,label\n{rows}"), "x")
    assert [data.images.read(index).size for index in range(4)] == [(6, 4)] * 4
    links = {link.path: link.is_outside for link in data.inventory.links}
    assert links == {"link.png": False, "out.png": True, "folder": True}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can make links of others")
def test_links_of_others_that_leave_the_folder_are_refused(tmp_path: Path, put: Put) -> None:
    put("outside/secret.png")
    put("data/real.png")
    for name, target in {"out.png": "outside/secret.png", "folder": "outside", "in.png": "data/real.png"}.items():
        (tmp_path / "data" / name).symlink_to(tmp_path / target)
        os.lchown(tmp_path / "data" / name, 12345, 12345)
    assert len(open_table(put("data/good.csv", "image,label\nin.png,x\nreal.png,x\n"), "x")) == 2
    for name in ("out.png", "folder/secret.png"):
        with pytest.raises(UsageError, match=f"Row 2 .*'{name}'.*inside"):
            open_table(put("data/bad.csv", f"image,label\n{name},x\n"), "x")


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path, put: Put) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(UsageError, match=r"Row 2 .*'loop/a\.png'.*inside"):
        open_table(put("bad.csv", "image,label\nloop/a.png,x\n"), "x")


def test_the_folder_of_the_table_may_itself_be_a_link(tmp_path: Path, put: Put) -> None:
    put("real/a.png")
    put("real/labels.csv", "image,label\na.png,x\n")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert open_table(tmp_path / "link" / "labels.csv", "x").images.read(0).size == (6, 4)


@pytest.mark.parametrize(
    "text",
    [
        "image,label,,,\na.png,x,,,\nd/b.png,y\n",
        "Image,LABEL\na.png,x\nd/b.png,y,,\n,,\n",
        "image;label\na.png;x\nd/b.png;y\n",
        "image\tlabel\na.png\tx\nd/b.png\ty\n",
        ",image,label\n0,a.png,x\n1,d/b.png,y\n",
        "image,label\na.png,x\nd\\b.png,y\n",
        "image;label;remark, if any\na.png;x;\nd/b.png;y;a,b\n",
    ],
)
def test_tables_as_people_have_them_are_read(put: Put, text: str) -> None:
    put("a.png")
    put("d/b.png")
    data = open_table(put("labels.csv", text), "x")
    assert data.ids == ("a.png", "d/b.png") and data.classes == ("x", "y")


def test_absolute_paths_below_the_table_are_read(tmp_path: Path, put: Put) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    put("real/d/a.png")
    text = f"image,label\n{tmp_path}/real/d/a.png,x\n{tmp_path}/link/d/b.png,y\n"
    put("real/labels.csv", text)
    assert open_table(tmp_path / "link" / "labels.csv", "x").ids == ("d/a.png", "d/b.png")


@pytest.mark.parametrize("name", ["validation", "valid", "dev", "VAL"])
def test_other_names_of_splits_are_read(put: Put, name: str) -> None:
    text = f"image,label,split\na.png,x,Training\nb.png,x,{name}\nc.png,x,testing\n"
    assert open_table(put("l.csv", text), "x").split.tolist() == [TRAIN, VAL, TEST]


def test_rows_without_a_label_are_problems_and_none_of_the_classes(put: Put) -> None:
    data = open_table(put("l.csv", "image,label,truth\na.png,x,nan\nb.png,,\nc.png,#N/A,x\nd.png,y,x\n"), "x")
    assert data.classes == ("x", "y") and data.ids == ("a.png", "d.png")
    assert [(problem.path, problem.reason) for problem in data.inventory.problems] == [
        ("row 3 (b.png)", "no label"),
        ("row 4 (c.png)", "the label '#N/A' is missing"),
    ]
    assert data.truth is not None and data.truth.tolist() == [UNKNOWN, 0]


def test_labels_that_look_alike_are_refused_or_joined(put: Put) -> None:
    path = put("l.csv", "image,label,truth\na.png,1,1\nb.png,1.0,1.0\nc.png,1.0,2\nd.png,2,2\n")
    with pytest.raises(UsageError, match=r"'1' \(2\) and '1\.0' \(3\) in the table .*l\.csv look alike.*--merge-alike"):
        open_table(path, "x")
    data = open_table(path, "x", merge_alike=True)
    assert data.classes == ("1.0", "2") and data.labels.tolist() == [0, 0, 0, 1]
    assert data.truth is not None and data.truth.tolist() == [0, 0, 1, 1]


def test_a_linked_table_names_images_beside_the_link_or_beside_its_target(tmp_path: Path, put: Put) -> None:
    table = put("there/l.csv", "image,label\na.png,x\nb.png,y\n")
    put("there/a.png")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "l.csv").symlink_to(table)
    assert open_table(tmp_path / "here" / "l.csv", "x").root == tmp_path / "there"
    put("here/b.png")
    assert open_table(tmp_path / "here" / "l.csv", "x").root == tmp_path / "here"


def test_the_metadata_of_ham10000_is_read_and_lesions_are_the_groups(put: Put) -> None:
    put("HAM10000_images_part_1/ISIC_1.jpg")
    put("HAM10000_images_part_2/ISIC_2.jpg", gray=2)
    put("ham10000_images_part_2/ISIC_2.jpg", gray=2)
    put("masks/ISIC_1_segmentation.png")
    text = "lesion_id,image_id,dx,dx_type,age\nHAM_1,ISIC_1,nv,histo,50\nHAM_2,ISIC_2,mel,histo,\n,ISIC_3,nv,,\n"
    data = open_table(put("HAM10000_metadata.csv", text), "x")
    assert data.ids == ("ISIC_1", "ISIC_2", "ISIC_3") and data.classes == ("mel", "nv")
    assert data.groups == ("HAM_1", "HAM_2", "") and data.group_column == "lesion_id"
    assert [data.images.locator(index) for index in range(3)] == [
        *("HAM10000_images_part_1/ISIC_1.jpg", "HAM10000_images_part_2/ISIC_2.jpg", "ISIC_3"),
    ]


@pytest.mark.parametrize(
    ("header", "column", "groups"),
    [
        ("group,lesion_id", "group", ("1", "", "1")),
        ("Lesion_ID,Patient_ID", "patient_id", ("2", "3", "")),
        ("age,lesion_id", "lesion_id", ("2", "3", "")),
        ("age,sex", "", None),
    ],
)
def test_groups_are_the_first_column_of_group_patient_and_lesion(
    put: Put, header: str, column: str, groups: tuple[str, ...] | None
) -> None:
    put("a.png")
    data = open_table(put("l.csv", f"image,label,{header}\na.png,x,1,2\nb.png,y,,3\nc.png,y,1,nan\n"), "x")
    assert (data.group_column, data.groups) == (column, groups)


def test_a_column_of_groups_without_values_is_passed_over(put: Put) -> None:
    put("a.png")
    data = open_table(put("l.csv", "image,label,patient_id,lesion_id\na.png,x,,7\nb.png,y,,8\n"), "x")
    assert (data.group_column, data.groups) == ("lesion_id", ("7", "8"))


def test_names_without_their_folder_are_searched_for_and_missing_ones_stay_missing(put: Put) -> None:
    put("images/deep/a.png")
    put("b.png")
    put("images/b.png", b"something else")
    data = open_table(put("l.csv", "image,label\na.png,x\nb.png,y\nc.png,y\nelse/a.png,x\n"), "x")
    assert data.ids == ("images/deep/a.png", "b.png", "c.png", "else/a.png")


@pytest.mark.parametrize("content", [b"something else", b"as long"])
def test_a_name_that_several_different_images_have_is_refused(put: Put, content: bytes) -> None:
    put("one/a.png", b"as  big")
    put("two/a.png", content)
    with pytest.raises(UsageError, match=r"2 different images .* named 'a', such as one/a\.png and two/a\.png"):
        open_table(put("l.csv", "image,label\na,x\n"), "x")
    assert open_table(put("l.csv", "image,label\none/a,x\n"), "x").ids == ("one/a.png",)


def test_a_name_that_copies_of_an_image_have_means_the_first(put: Put) -> None:
    put("one/a.png")
    put("two/a.png")
    assert open_table(put("l.csv", "image,label\na,x\n"), "x").ids == ("one/a.png",)


def test_an_exported_table_is_read_beside_its_images_or_with_the_data_root(tmp_path: Path, put: Put) -> None:
    text = (
        "id,given,final,status,who,when,round\n"
        "A/a.png,A,B,changed,eva,2026-01-01,1\n"
        "B/b.png,B,B,kept,,,\n"
        "A/c.png,A,A,exclude,eva,2026-01-01,1\n"
    )
    put("images/A/a.png")
    path = put("out/labels.csv", text)
    with pytest.raises(
        UsageError, match=r"images of .*labels\.csv, such as 'A/a\.png', are not in .*/out; specify .*--data-root"
    ):
        open_table(path, "x")
    data = open_table(path, "x", data_root=tmp_path / "images")
    assert data.ids == ("A/a.png", "B/b.png") and data.classes == ("B",) and data.root == tmp_path / "images"
    assert data.inventory.omission_counts() == {"row of an excluded image": 1}
    assert open_table(put("images/labels.csv", text), "x").root == tmp_path / "images"


def test_a_table_of_cleanlab_gives_the_given_labels(tmp_path: Path, put: Put) -> None:
    put("images/a.png")
    text = (
        "image,is_label_issue,label_quality,given_label,predicted_label\na.png,True,0.1,MEL,NV\nb.png,False,1,NV,NV\n"
    )
    data = open_table(put("out/issues.csv", text), "x", data_root=tmp_path / "images")
    assert [data.classes[label] for label in data.labels] == ["MEL", "NV"] and data.ids == ("a.png", "b.png")


def test_the_metadata_of_an_image_folder_of_hugging_face_are_a_table(put: Put) -> None:
    put("images/0.png")
    data = open_table(put("metadata.csv", "file_name,label\nimages/0.png,MEL\nimages/1.png,NV\n"), "x")
    assert [data.classes[label] for label in data.labels] == ["MEL", "NV"] and data.ids[0] == "images/0.png"


def test_what_an_export_tells_about_labels_is_no_case_data(put: Put) -> None:
    """Else a new session would show the labels of the one before beside each image."""
    header = "file_name,label,id,given,status,who,when,round,suggestion,probability,path,note,age"
    put("images/0.png")
    data = open_table(put("metadata.csv", f"{header}\nimages/0.png,MEL,a,NV,changed,anna,t,1,MEL,0.7,/a,x,50\n"), "x")
    assert data.case_data is not None and data.case_data.columns == ("age",)


def test_columns_of_other_tables_with_such_names_are_case_data(put: Put) -> None:
    put("images/0.png")
    data = open_table(put("metadata.csv", "file_name,label,status,note\nimages/0.png,MEL,smoker,x\n"), "x")
    assert data.case_data is not None and data.case_data.columns == ("status", "note")
