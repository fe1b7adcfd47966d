"""The windows of DICOM files, each with values computed by hand. PS3.3, C.11.2.1.2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="the extra dicom is not installed")

from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.images import BadImageError, FileImages, decode, decode_in_window, read_windows
from tests.data.images.dicoms import dicom, sequence, sequences
from tests.data.images.test_windows import RAMP, gray

STORED = np.array([[0, 824, 1000, 1064, 1200, 1264, 4000]], np.uint16)
"""Hounsfield units, with TWO: −1024, −200, −24, 40, 176, 240, 2976."""
TWO: dict[str, Any] = {
    "RescaleSlope": 1,
    "RescaleIntercept": -1024,
    "WindowCenter": [41, -600],
    "WindowWidth": [400, 1500],
    "WindowCenterWidthExplanation": ["soft tissue", "lung"],
}
BY_NAME = {
    # ((x − (c − 0.5)) / (w − 1) + 0.5) · 255
    "soft tissue": [0, 0, 86, 127, 214, 255, 255],
    "lung": [55, 196, 226, 236, 255, 255, 255],
    # With seven values, nothing is left out: (x + 1024) / 4000 · 255
    "typical range": [0, 53, 64, 68, 76, 81, 255],
    "full range": [0, 53, 64, 68, 76, 81, 255],
}


def grays(content: bytes, window: str, frame: int = 1) -> list[int]:
    shown = decode_in_window(content, frame, window)
    assert shown.window == window
    return gray(shown).ravel().tolist()


def test_each_window_of_the_file_is_named_by_its_explanation() -> None:
    content = dicom(STORED, **TWO)
    assert read_windows(content) == ("soft tissue", "lung", "typical range", "full range")
    assert {name: grays(content, name) for name in read_windows(content)} == BY_NAME
    assert decode_in_window(content).window == "soft tissue"


def test_the_full_range_is_wider_than_the_typical_one_and_leaves_out_padding() -> None:
    samples = RAMP.astype(np.int16).copy()
    samples[0] = -2000
    content = dicom(samples, PixelPaddingValue=-2000)
    assert read_windows(content) == ("typical range", "full range")
    expected = np.rint(np.clip((samples - 1050.0) / 1949, 0, 1) * 255)  # from 1050 to 2999
    assert np.array_equal(gray(decode_in_window(content, window="full range")), expected)
    assert gray(decode_in_window(content))[1, 1] == 0  # the second lowest value, left out


def test_windows_without_explanations_are_numbered() -> None:
    content = dicom(STORED, **{**TWO, "WindowCenterWidthExplanation": None})
    assert read_windows(content)[:2] == ("window 1", "window 2")
    assert grays(content, "window 2") == BY_NAME["lung"]


def test_explanations_are_one_line_and_names_are_told_apart() -> None:
    same = {**TWO, "WindowCenterWidthExplanation": ["full range", "full range"]}
    assert read_windows(dicom(STORED, **same)) == (
        "full range (2)",
        "full range (3)",
        "typical range",
        "full range",
    )
    odd = {**TWO, "WindowCenterWidthExplanation": [" a\n\tb ", ""]}
    assert read_windows(dicom(STORED, **odd))[:2] == ("a b", "window 2")


@pytest.mark.parametrize("odd", ["Doe^Jane", "x" * 65, "a\x07b"])
def test_an_explanation_that_damage_may_have_made_is_no_name(odd: str) -> None:
    content = dicom(STORED, **{**TWO, "WindowCenterWidthExplanation": [odd, "lung"]})
    assert read_windows(content)[:2] == ("window 1", "lung")


def test_voi_luts_come_before_windows() -> None:
    lut = sequence(
        LUTDescriptor=[3, 10, 16], LUTData=np.array([65535, 25700, 0], "<u2").tobytes(), LUTExplanation="negative"
    )
    samples = np.array([[0, 10, 11, 12, 200]], np.uint16)
    content = dicom(samples, VOILUTSequence=lut, WindowCenter=11, WindowWidth=3)
    assert read_windows(content) == ("negative", "window 1", "typical range", "full range")
    assert grays(content, "negative") == [255, 255, 100, 0, 0]
    assert grays(content, "window 1") == [0, 64, 191, 255, 255]  # (x − 10.5) / 2 + 0.5
    assert grays(content, "full range") == [0, 13, 14, 15, 255]


def test_a_first_window_without_width_leaves_the_typical_range_in_force() -> None:
    content = dicom(STORED, **{**TWO, "WindowWidth": [0, 1500]})
    assert read_windows(content) == ("typical range", "lung", "full range")
    assert grays(content, "typical range") == BY_NAME["typical range"]
    assert grays(content, "lung") == BY_NAME["lung"]


def test_a_damaged_further_window_or_lut_is_left_out() -> None:
    luts = sequences({"LUTDescriptor": [1, 0, 16], "LUTData": bytes(2)}, {"LUTExplanation": "damaged"})
    content = dicom(STORED, **TWO, VOILUTSequence=luts)
    assert read_windows(content)[:3] == ("VOI LUT 1", "soft tissue", "lung")


def test_monochrome1_is_inverted_in_every_window() -> None:
    content = dicom(STORED, **TWO, PhotometricInterpretation="MONOCHROME1")
    for name, values in BY_NAME.items():
        assert grays(content, name) == [255 - value for value in values]


def test_each_frame_has_its_own_windows() -> None:
    windows = [
        {"FrameVOILUTSequence": sequence(WindowCenter=center, WindowWidth=400, WindowCenterWidthExplanation=name)}
        for center, name in ((41, "first"), (-600, "second"))
    ]
    content = dicom(
        np.stack([STORED, STORED]),
        frames=2,
        RescaleSlope=1,
        RescaleIntercept=-1024,
        PerFrameFunctionalGroupsSequence=sequences(*windows),
    )
    assert read_windows(content, 1)[0] == "first"
    assert read_windows(content, 2)[0] == "second"
    assert grays(content, "first") == BY_NAME["soft tissue"]
    assert decode_in_window(content, 2, "first").window == "second"


@pytest.mark.parametrize(
    "elements",
    [
        {"PixelData": None},
        {"PixelData": None, "SamplesPerPixel": None},
        {"Rows": None},
        {"Rows": 20_000, "Columns": 20_000},
    ],
)
def test_the_reason_why_a_file_cannot_be_decoded_is_the_same_in_a_window(elements: dict[str, Any]) -> None:
    content = dicom(STORED, **TWO, **elements)
    with pytest.raises(BadImageError) as plain:
        decode(content)
    with pytest.raises(BadImageError) as windowed:
        decode_in_window(content, window="lung")
    assert str(windowed.value) == str(plain.value)


def test_a_color_image_has_no_windows() -> None:
    assert read_windows(dicom(np.zeros((2, 2, 3), np.uint8), WindowCenter=1, WindowWidth=2)) == ()


def test_the_cache_holds_the_first_window_whatever_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "scan.dcm").write_bytes(dicom(np.repeat(STORED, 7, axis=0), **TWO))
    images = FileImages(tmp_path, ["scan.dcm"])
    images.read_in_window(0, "lung")
    cache = PixelCache(7, tmp_path / "cache")
    cache.prepare(images)
    assert cache.pixels()[cache.rows(images)[0], 0, :, 0].tolist() == BY_NAME["soft tissue"]
