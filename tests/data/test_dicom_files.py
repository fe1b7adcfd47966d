"""DICOM files in folders and tables, with and without the extra."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

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
