"""DICOM files in folders and tables, with and without the extra."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alc_tui.data.cache.pixels import BadImage, PixelCache
from alc_tui.data.images import FileImages
from alc_tui.data.images.dicom.decoding import reads_dicom
from alc_tui.data.inventory.walk import walk
from alc_tui.data.sources.folder import open_folder
from alc_tui.data.sources.table import open_table
from alc_tui.errors import UsageError

Put = Callable[..., Path]


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "pydicom", None)
        reads_dicom.cache_clear()
        yield
    reads_dicom.cache_clear()


@pytest.fixture
def scan() -> bytes:
    pytest.importorskip("pydicom", reason="the extra dicom is not installed")
    from tests.data.images.dicoms import dicom

    return dicom(np.array([[0, 1000], [2000, 4000]], np.uint16))


@pytest.fixture
def scans(put: Put, scan: bytes, tmp_path: Path) -> Path:
    for name in ("A/a.dcm", "A/b.DCM", "B/c.ima", "B/d.png"):
        put(name, None if name.endswith("png") else scan)
    return tmp_path


def test_folders_of_dicom_files_are_data(scans: Path) -> None:
    data = open_folder(scans, "x")
    assert data.ids == ("A/a.dcm", "A/b.DCM", "B/c.ima", "B/d.png") and not data.inventory.sentences()
    assert [data.images.read(index).getpixel((1, 1)) for index in range(3)] == [(255, 255, 255)] * 3
    assert PixelCache(4, scans / "cache").prepare(data.images).bad == ()


@pytest.fixture
def others(scans: Path, put: Put) -> Path:
    """Beside the images: a report, a structure set, directories, and a segmentation."""
    from tests.data.images.dicoms import dicom

    def write(path: str, storage_class: str, **elements: Any) -> None:
        samples = np.zeros((2, 2), np.uint16)
        put(path, dicom(samples, SOPClassUID=storage_class, **elements))

    nothing = {"PixelData": None, "Rows": None, "Columns": None}
    write("A/report.dcm", "1.2.840.10008.5.1.4.1.1.88.11", **nothing)
    write("B/structures.DCM", "1.2.840.10008.5.1.4.1.1.481.3", **nothing)
    write("B/DICOMDIR", "1.2.840.10008.1.3.10", **nothing)
    write("directory.ima", "1.2.840.10008.1.3.10", **nothing)
    write("A/lesion.dcm", "1.2.840.10008.5.1.4.1.1.66.4")
    write("A/dose.dcm", "1.2.840.10008.5.1.4.1.1.481.2")
    return scans


def test_files_without_an_image_and_segmentations_in_a_folder_are_left_out_and_counted(others: Path) -> None:
    data = open_folder(others, "x")
    assert data.ids == ("A/a.dcm", "A/b.DCM", "A/dose.dcm", "B/c.ima", "B/d.png")
    assert data.inventory.sentences() == [
        "Left out: 4 × DICOM file without an image, 1 × mask or segmentation beside its image."
    ]
    assert PixelCache(4, others / "cache").prepare(data.images).bad == ()


def test_a_row_that_names_a_file_without_an_image_is_bad(others: Path, put: Put) -> None:
    data = open_table(put("x.csv", "image,label\nA/a.dcm,A\nA/report.dcm,B\n"), "x")
    bad = PixelCache(4, others / "cache").prepare(data.images).bad
    assert bad == (BadImage(1, "A/report.dcm", "a DICOM file without an image"),)


@pytest.fixture
def exported(put: Put, scan: bytes, tmp_path: Path) -> Path:
    """As scanners and archives export them: without an extension, or named by identifiers; and what lies beside."""
    for name in ("A/IM000001", "A/IM000002", "B/1.2.840.10008.77", "B/1.2.840.10008.78"):
        put(name, scan)
    put("A/VERSION", b"text")
    put("B/notes.2024", b"DICM" + bytes(200))
    return tmp_path


def test_dicom_files_without_an_extension_are_found_by_their_first_bytes(exported: Path) -> None:
    data = open_folder(exported, "x")
    assert data.ids == ("A/IM000001", "A/IM000002", "B/1.2.840.10008.77", "B/1.2.840.10008.78")
    assert data.inventory.omission_counts() == {"file without an extension": 1, ".2024 file": 1}
    assert PixelCache(4, exported / "cache").prepare(data.images).bad == ()


def test_files_without_an_extension_and_without_an_image_are_left_out_and_counted(exported: Path, put: Put) -> None:
    from tests.data.images.dicoms import dicom

    def write(path: str, storage_class: str) -> None:
        put(path, dicom(np.zeros((2, 2), np.uint16), SOPClassUID=storage_class))

    write("A/SR000001", "1.2.840.10008.5.1.4.1.1.88.11")
    write("A/SEG1", "1.2.840.10008.5.1.4.1.1.66.4")
    write("DICOMDIR", "1.2.840.10008.1.3.10")
    listing = walk(exported)
    assert len(listing.images) == 4
    assert listing.inventory().omission_counts() == {
        "DICOM file without an image": 2,
        "file without an extension": 1,
        "mask or segmentation beside its image": 1,
        ".2024 file": 1,
    }


def test_a_table_names_dicom_files_without_an_extension_by_path_or_by_name(exported: Path, put: Put) -> None:
    rows = "image,label\nA/IM000001,A\nIM000002,A\n1.2.840.10008.77,B\nB/1.2.840.10008.78,B\n"
    data = open_table(put("x.csv", rows), "x")
    assert data.ids == ("A/IM000001", "A/IM000002", "B/1.2.840.10008.77", "B/1.2.840.10008.78")
    assert PixelCache(4, exported / "cache").prepare(data.images).bad == ()


def test_a_part_of_an_identifier_names_no_file(exported: Path, put: Put) -> None:
    data = open_table(put("x.csv", "image,label\nA/IM000001,A\n1.2.840.10008,B\n"), "x")
    bad = PixelCache(4, exported / "cache").prepare(data.images).bad
    assert bad == (BadImage(1, "1.2.840.10008", "missing"),)


def test_only_the_beginning_of_files_whose_name_leaves_their_kind_open_is_read(
    exported: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("A/a.png")
    put("A/a.txt", b"text")
    read: dict[str, int] = {}

    class Counted(FileIO):
        def read(self, size: int | None = -1) -> bytes:
            content = super().read(size)
            read[Path(str(self.name)).name] = read.get(Path(str(self.name)).name, 0) + len(content)
            return content

    with monkeypatch.context() as patched:
        patched.setattr("builtins.open", Counted)
        walk(exported)
    assert set(read) == {"IM000001", "IM000002", "VERSION", "1.2.840.10008.77", "1.2.840.10008.78", "notes.2024"}
    assert max(read.values()) <= 512


@pytest.mark.parametrize("kept", [0, 131, 132, 140, 158, 160, 170])
def test_a_file_that_ends_in_its_first_bytes_is_listed_as_an_image(put: Put, scan: bytes, kept: int) -> None:
    put("A/a.dcm", scan)
    root = put("B/b.dcm", scan[:kept]).parents[1]
    assert walk(root).images == ("A/a.dcm", "B/b.dcm")


def test_tables_of_dicom_files_are_data(scans: Path, put: Put) -> None:
    table = put("x.csv", "image,label\nA/a.dcm,A\nb,B\n")
    data = open_table(table, "x")
    assert [data.images.locator(index) for index in range(2)] == ["A/a.dcm", "A/b.DCM"]
    assert data.images.read(1).size == (2, 2)


def test_without_the_extra_dicom_files_are_left_out_with_how_to_install_it(
    without_the_extra: None, put: Put, tmp_path: Path
) -> None:
    for name in ("A/a.png", "B/b.png", "B/c.dcm", "B/d.dicom"):
        put(name)
    listing = walk(tmp_path)
    assert listing.images == ("A/a.png", "B/b.png")
    assert listing.inventory().sentences() == [
        "Left out: 1 × DICOM file (.dcm), 1 × DICOM file (.dicom).",
        "To read DICOM files, run `pip install 'alc-tui[dicom]'`.",
    ]
    for name in ("A/a.png", "B/b.png"):
        (tmp_path / name).unlink()
    with pytest.raises(UsageError, match=r"left out: .*; to read DICOM files, run `pip install 'alc-tui\[dicom\]'`\)"):
        open_folder(tmp_path, "x")


def test_without_the_extra_dicom_files_without_an_extension_are_counted_apart_from_other_files(
    without_the_extra: None, exported: Path
) -> None:
    sentences = walk(exported).inventory().sentences()
    assert sentences == [
        "Left out: 4 × DICOM file (by its content), 1 × file without an extension, 1 × .2024 file.",
        "To read DICOM files, run `pip install 'alc-tui[dicom]'`.",
    ]


def test_without_the_extra_a_table_of_dicom_files_says_how_to_install_it_and_works_once_it_is(
    put: Put, scan: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("a.dcm", scan)
    images, cache = FileImages(tmp_path, ["a.dcm"]), PixelCache(4, tmp_path / "cache")
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "pydicom", None)
        reads_dicom.cache_clear()
        prepared = cache.prepare(images)
    reads_dicom.cache_clear()
    reason = "a DICOM file; to read it, run `pip install 'alc-tui[dicom]'`"
    assert prepared.bad == (BadImage(0, "a.dcm", reason),)
    assert cache.prepare(images).bad == ()


def test_a_file_that_is_only_named_dicom_is_bad(put: Put, scan: bytes, tmp_path: Path) -> None:
    put("A/a.dcm", "text")
    put("A/b.dcm", scan[:200])
    put("B/c.dcm", scan)
    prepared = PixelCache(4, tmp_path / "cache").prepare(open_folder(tmp_path, "x").images)
    assert [bad.locator for bad in prepared.bad] == ["A/a.dcm", "A/b.dcm"]
