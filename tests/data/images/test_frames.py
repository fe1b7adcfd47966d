"""Pages and frames that a table names."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from alc_tui.data.cache.pixels import BadImage, PixelCache
from alc_tui.data.images import BadImageError, FileImages, decode, file_of, frame_of
from alc_tui.data.sources.table import open_table
from alc_tui.errors import UsageError
from tests.data.images.samples import two_pages

Put = Callable[..., Path]


def stack(grays: list[int], kind: str = "TIFF", **options: Any) -> bytes:
    file = io.BytesIO()
    pages = [Image.new("RGB", (4, 4), (gray,) * 3) for gray in grays]
    pages[0].save(file, kind, save_all=True, append_images=pages[1:], **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("locator", "file", "frame"),
    [
        ("a/scan.dcm#7", "a/scan.dcm", 7),
        ("scan.dcm#07", "scan.dcm#07", None),
        ("scan.dcm#0", "scan.dcm#0", None),
        ("scan#7", "scan#7", None),
        ("#7.png", "#7.png", None),
        ("a.png", "a.png", None),
    ],
)
def test_a_number_behind_the_extension_names_a_frame(locator: str, file: str, frame: int | None) -> None:
    assert (file_of(locator), frame_of(locator)) == (file, frame)


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "PNG", "WEBP"])
def test_each_frame_can_be_decoded(kind: str) -> None:
    content = stack([10, 20, 30], kind, **({"lossless": True} if kind == "WEBP" else {}))
    assert [decode(content, frame).getpixel((0, 0)) for frame in (1, 2, 3)] == [(gray,) * 3 for gray in (10, 20, 30)]
    with pytest.raises(BadImageError, match=r"^no page or frame 4$"):
        decode(content, 4)


def test_a_page_with_16_bits_is_right_beside_one_with_8() -> None:
    content = two_pages(np.full((2, 3, 3), 9, np.uint8), np.array([[[4095, 2000, 0]]], np.uint16))
    assert (decode(content, 1).getpixel((0, 0)), decode(content, 1).size) == ((9, 9, 9), (3, 2))
    assert (decode(content, 2).getpixel((0, 0)), decode(content, 2).size) == ((255, 125, 0), (1, 1))


def test_each_frame_of_a_file_may_be_a_sample(put: Put, tmp_path: Path) -> None:
    put("a.tif", stack([10, 20, 30]))
    put("b.tif", stack([40, 50]))
    table = put("x.csv", "image,label\na.tif#3,A\na.tif#1,B\na.tif#2,A\nb.tif,B\n")
    data = open_table(table, "x")
    assert data.ids == ("a.tif#3", "a.tif#1", "a.tif#2", "b.tif")
    assert [data.images.read(index).getpixel((0, 0)) for index in range(4)] == [(v,) * 3 for v in (30, 10, 20, 40)]
    assert {data.images.path(index) for index in range(3)} == {tmp_path / "a.tif"}
    cache = PixelCache(4, tmp_path / "cache")
    for _ in range(2):
        prepared = cache.prepare(data.images)
        assert cache.pixels()[prepared.rows][:, 0, 0, 0].tolist() == [30, 10, 20, 40]
        assert [each.locator for each in prepared.frames_left_out] == ["b.tif"]


def test_the_same_frame_twice_is_refused(put: Put) -> None:
    put("a.tif", stack([10, 20, 30]))
    with pytest.raises(UsageError, match=r"repeats the image 'a.tif#2' of row 2"):
        open_table(put("x.csv", "image,label\na.tif#2,A\na.tif#2,B\n"), "x")


def test_a_frame_that_a_file_does_not_have_is_bad(put: Put, tmp_path: Path) -> None:
    put("a.tif", stack([10, 20, 30]))
    put("b.png")
    prepared = PixelCache(4, tmp_path / "cache").prepare(FileImages(tmp_path, ["a.tif#4", "b.png#2"]))
    assert prepared.bad == (
        BadImage(0, "a.tif#4", "no page or frame 4"),
        BadImage(1, "b.png#2", "no page or frame 2"),
    )


def test_frames_of_a_dicom_file_are_shown_each_with_its_window(put: Put) -> None:
    pytest.importorskip("pydicom", reason="the extra dicom is not installed")
    from tests.data.images.dicoms import dicom, sequences

    windows = [{"WindowCenter": 50, "WindowWidth": 101}, {"WindowCenter": 500, "WindowWidth": 1001}]
    groups = sequences(*({"FrameVOILUTSequence": sequences(window)} for window in windows))
    samples = np.full((2, 2, 2), 100, np.uint16)
    content = dicom(samples, frames=2, PerFrameFunctionalGroupsSequence=groups)
    assert [decode(content, frame).getpixel((0, 0)) for frame in (1, 2)] == [(255,) * 3, (26,) * 3]
    with pytest.raises(BadImageError, match=r"^no page or frame 3$"):
        decode(content, 3)
