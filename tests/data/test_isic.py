from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alc_tui.data.dataset import UNASSIGNED
from alc_tui.data.images import BadImageError
from alc_tui.data.sources.isic import CLASSES, IMAGES, LABELS, METADATA, open_isic
from alc_tui.errors import UsageError

HEADER = "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK\n"
TABLE = HEADER + (
    "ISIC_0000001,0.0,1.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0\n"
    "ISIC_0000002_downsampled,0,0,0,0,0,0,0,1,0\n"
    "ISIC_0000003,1,0,0,0,0,0,0,0,0\n"
)
LESIONS = (
    "image,age_approx,anatom_site_general,lesion_id,sex\n"
    "ISIC_0000001,55,anterior torso,,female\n"
    "ISIC_0000003,30,,HAM_1,\n"
)


@pytest.fixture
def isic(put: Callable[..., Path], tmp_path: Path) -> Path:
    put(LABELS, TABLE)
    put(METADATA, LESIONS)
    put(f"{IMAGES}/ISIC_0000001.JPG", gray=1)
    put(f"{IMAGES}/ISIC_0000002_downsampled.jpg", gray=2)
    put("ISIC_0000003.png", gray=3)
    put(f"{IMAGES}/ATTRIBUTION.txt", "no image")
    return tmp_path


def test_images_are_found_in_the_root_and_in_the_input_folder(isic: Path) -> None:
    data = open_isic(isic)
    assert data.ids == ("ISIC_0000001", "ISIC_0000002_downsampled", "ISIC_0000003")
    assert [data.classes[label] for label in data.labels] == ["NV", "SCC", "MEL"]
    assert data.classes == CLASSES and set(data.split.tolist()) == {UNASSIGNED}
    assert [data.images.read(i).getpixel((0, 0)) for i in range(3)] == [(i, i, i) for i in (1, 2, 3)]
    assert data.images.locator(0) == f"{IMAGES}/ISIC_0000001.JPG" and data.root == isic


def test_the_images_may_have_extensions_in_the_tables_and_a_doubled_folder(
    put: Callable[..., Path], tmp_path: Path
) -> None:
    put(LABELS, TABLE.replace("01,", "01.jpg,").replace("ISIC_0000003", "ISIC_0000003.JPG"))
    put(METADATA, LESIONS.replace("3,", "3.jpg,"))
    put(f"{IMAGES}/{IMAGES}/ISIC_0000001.jpg", gray=1)
    put(f"{IMAGES}/{IMAGES}/ISIC_0000003.jpg", gray=3)
    put(f"{IMAGES}/{IMAGES}/ISIC_0000009.jpg")
    put(f"{IMAGES}/@eaDir/ISIC_0000003.jpg/SYNOPHOTO_THUMB_M.jpg")
    data = open_isic(tmp_path)
    assert data.ids == ("ISIC_0000001", "ISIC_0000002_downsampled", "ISIC_0000003")
    assert data.groups == ("", "", "HAM_1")
    assert [data.images.read(index).getpixel((0, 0)) for index in (0, 2)] == [(1, 1, 1), (3, 3, 3)]
    assert data.inventory.omission_counts() == {
        ".csv file": 2,
        "file or folder of a system (@eaDir)": 1,
        "image that the table does not name": 1,
    }


def test_lesions_are_the_groups(isic: Path) -> None:
    assert open_isic(isic).groups == ("", "", "HAM_1")


def test_without_a_metadata_table_there_are_no_groups(isic: Path) -> None:
    (isic / METADATA).unlink()
    assert open_isic(isic).groups is None


def test_an_image_that_is_not_there_is_found_bad_when_it_is_read(isic: Path) -> None:
    (isic / "ISIC_0000003.png").unlink()
    with pytest.raises(BadImageError, match=r"^missing$"):
        open_isic(isic).images.read(2)


def test_of_several_folders_below_the_root_the_one_with_images_is_taken(isic: Path, put: Callable[..., Path]) -> None:
    put(f"above/tables/{LABELS}", TABLE)
    put(f"above/whole/{LABELS}", TABLE)
    put("above/whole/ISIC_0000001.jpg")
    assert open_isic(isic / "above").root == isic / "above" / "whole"
    put(f"above/twice/{LABELS}", TABLE)
    put("above/twice/ISIC_0000001.jpg")
    with pytest.raises(UsageError, match=r"more than one copy of ISIC-2019 .*twice.*whole.*--data-root"):
        open_isic(isic / "above")


def test_tables_without_images_say_where_images_were_looked_for(isic: Path) -> None:
    for path in isic.rglob("ISIC_0*"):
        path.unlink()
    with pytest.raises(UsageError, match=f"no images; add .* to one of .*{IMAGES}"):
        open_isic(isic)


def test_images_of_another_data_set_are_not_taken_for_isic(isic: Path, put: Callable[..., Path]) -> None:
    for path in isic.rglob("ISIC_0*"):
        path.unlink()
    put(f"{IMAGES}/cat.jpg")
    with pytest.raises(UsageError, match="None of the images"):
        open_isic(isic)


def test_a_root_without_tables_and_one_that_is_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{LABELS} not found in .*--data-root"):
        open_isic(tmp_path)
    with pytest.raises(UsageError, match="cannot be read"):
        open_isic(tmp_path / "gone")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("ISIC_9,0,0,0,0,0,0,0,0,1", "Row 5 .* sets UNK for 'ISIC_9'"),
        ("ISIC_9,0,0,0,0,0,0,0,0,0", "Row 5 .* exactly one class for 'ISIC_9'"),
        ("ISIC_9,1,1,0,0,0,0,0,0,0", "Row 5 .* exactly one class"),
        ("ISIC_9,0.5,0.5,0,0,0,0,0,0,0", "Row 5 .* exactly one class"),
        ("ISIC_9,x,1,0,0,0,0,0,0,0", "Row 5 .* not a number"),
        ("ISIC_9,1,0,0", "Row 5 .* has 4 cells, but the header has 10"),
        ("ISIC_0000001,1,0,0,0,0,0,0,0,0", "Row 5 .* repeats the image 'ISIC_0000001' of row 2"),
        ("../secret,1,0,0,0,0,0,0,0,0", r"Row 5 .* image name '\.\./secret'"),
        (",1,0,0,0,0,0,0,0,0", "Row 5 .* image name ''"),
    ],
)
def test_a_faulty_row_is_named(isic: Path, put: Callable[..., Path], row: str, problem: str) -> None:
    put(LABELS, TABLE + row + "\n")
    with pytest.raises(UsageError, match=problem):
        open_isic(isic)


def test_a_table_without_a_class_is_refused(isic: Path, put: Callable[..., Path]) -> None:
    put(LABELS, "image,MEL,NV,BCC,AK,BKL,DF,VASC\nISIC_0000001,1,0,0,0,0,0,0\n")
    with pytest.raises(UsageError, match="no column 'SCC'"):
        open_isic(isic)


def test_a_table_without_rows_is_refused(isic: Path, put: Callable[..., Path]) -> None:
    put(LABELS, HEADER)
    with pytest.raises(UsageError, match="has no rows"):
        open_isic(isic)


def test_the_real_images_open_from_the_folder_above_them(real_data: Path) -> None:
    if not (real_data / "isic-2019-small").is_dir():
        pytest.skip("isic-2019-small is not in ALC_DATA")
    data = open_isic(real_data)
    assert len(data) == 6000 and data.root.name == "isic-2019-small"
    assert data.images.read(5999).size == (128, 96)
    counts = {name: int((data.labels == label).sum()) for label, name in enumerate(data.classes)}
    assert counts == dict(zip(CLASSES, (614, 3933, 327, 88, 727, 73, 98, 140), strict=True))
