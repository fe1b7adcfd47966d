"""DICOM files. Windows: PS3.3, C.11.2.1.2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="the extra dicom is not installed")

from pydicom.data import get_testdata_file
from pydicom.uid import RLELossless

from alc_tui.data.cache.pixels import FramesLeftOut, PixelCache
from alc_tui.data.images import BadImageError, FileImages, decode, decoded, read_header
from alc_tui.data.memory import Ceiling
from tests.data.images.dicoms import PATIENT, compressed, dicom, sequence

STORED = np.array([[0, 824, 1000, 1064, 1200, 1264, 4000]], np.uint16)
CT = {"RescaleSlope": 1, "RescaleIntercept": -1024}
"""Hounsfield units of STORED: −1024, −200, −24, 40, 176, 240, 2976."""


def grays(content: bytes) -> list[int]:
    pixels = np.asarray(decode(content))
    assert pixels.ndim == 3 and (pixels[..., 0] == pixels[..., 2]).all()
    return pixels[..., 0].ravel().tolist()


def test_the_window_of_the_file_is_applied_to_rescaled_values() -> None:
    seen = grays(dicom(STORED, **CT, WindowCenter=41, WindowWidth=400))
    # ((x − (c − 0.5)) / (w − 1) + 0.5) · 255 for −24, 40, 176 and 240; the others are beyond the window.
    assert seen == [0, 0, 86, 127, 214, 255, 255]


def test_an_exact_window_is_applied_without_half_a_step() -> None:
    seen = grays(dicom(STORED, **CT, WindowCenter=41, WindowWidth=400, VOILUTFunction="LINEAR_EXACT"))
    assert seen == [0, 0, 86, 127, 214, 254, 255]  # ((x − c) / w + 0.5) · 255 for 240 is 254.4


def test_a_sigmoid_window_is_a_sigmoid() -> None:
    seen = grays(dicom(STORED, **CT, WindowCenter=40, WindowWidth=400, VOILUTFunction="SIGMOID"))
    units = STORED.ravel() - 1024.0
    assert seen == np.rint(255 / (1 + np.exp(-4 * (units - 40) / 400))).astype(int).tolist()


def test_the_first_of_several_windows_counts() -> None:
    two = dicom(STORED, **CT, WindowCenter=[40, -600], WindowWidth=[400, 1500])
    assert grays(two) == grays(dicom(STORED, **CT, WindowCenter=40, WindowWidth=400))


def test_a_window_of_width_1_is_a_threshold() -> None:
    assert grays(dicom(STORED, WindowCenter=1064.5, WindowWidth=1)) == [0, 0, 0, 0, 255, 255, 255]


@pytest.mark.parametrize("width", [0, -5])
def test_a_window_without_width_does_not_count(width: float) -> None:
    assert grays(dicom(STORED, WindowCenter=40, WindowWidth=width)) == grays(dicom(STORED))


def test_a_modality_lut_comes_before_the_window() -> None:
    lut = sequence(LUTDescriptor=[3, 0, 16], ModalityLUTType="US", LUTData=np.array([0, 500, 1000], "<u2").tobytes())
    samples = np.array([[0, 1, 2, 3]], np.uint16)
    content = dicom(samples, ModalityLUTSequence=lut, WindowCenter=500, WindowWidth=1001)
    assert grays(content) == [0, 128, 255, 255]


def test_a_voi_lut_comes_before_a_window() -> None:
    lut = sequence(LUTDescriptor=[3, 10, 16], LUTData=np.array([65535, 25700, 0], "<u2").tobytes())
    samples = np.array([[0, 10, 11, 12, 200]], np.uint16)
    assert grays(dicom(samples, VOILUTSequence=lut, WindowCenter=1, WindowWidth=2)) == [255, 255, 100, 0, 0]


def test_monochrome1_is_inverted() -> None:
    window = {"WindowCenter": 40, "WindowWidth": 400}
    bright = grays(dicom(STORED, **CT, **window))
    inverted = grays(dicom(STORED, **CT, **window, PhotometricInterpretation="MONOCHROME1"))
    assert inverted == [255 - gray for gray in bright]


def test_without_a_window_the_typical_range_counts_and_padding_does_not() -> None:
    samples = np.linspace(1000, 2000, 4096).reshape(64, 64).astype(np.int16)
    samples[0] = -2000
    padded = np.asarray(decode(dicom(samples, PixelPaddingValue=-2000)))[..., 0]
    assert padded[0].max() == 0 and padded[1].max() <= 5 and padded[-1, -1] == 255
    assert np.asarray(decode(dicom(samples)))[1, 0, 0] > 180


@pytest.mark.parametrize(("value", "limit"), [(60000, 65535), (65535, 60000)])
def test_a_range_of_padding_does_not_count(value: int, limit: int) -> None:
    samples = np.linspace(1000, 2000, 4096).reshape(64, 64).astype(np.uint16)
    samples[:32] = np.linspace(60000, 65000, 64)
    shown = np.asarray(decode(dicom(samples, PixelPaddingValue=value, PixelPaddingRangeLimit=limit)))[..., 0]
    assert shown[32].max() <= 8 and shown[-1, -1] == 255 and shown[:32].min() == 255


def test_the_first_of_several_frames_is_shown_with_its_own_window(tmp_path: Path) -> None:
    samples = np.stack([STORED, STORED[:, ::-1]])
    groups = sequence(
        PixelValueTransformationSequence=sequence(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU"),
        FrameVOILUTSequence=sequence(WindowCenter=41, WindowWidth=400),
    )
    content = dicom(samples, frames=2, PerFrameFunctionalGroupsSequence=groups)
    assert grays(content) == [0, 0, 86, 127, 214, 255, 255] and read_header(content).frames == 2
    (tmp_path / "scan.dcm").write_bytes(content)
    prepared = PixelCache(4, tmp_path / "cache").prepare(FileImages(tmp_path, ["scan.dcm"]))
    assert prepared.frames_left_out == (FramesLeftOut(0, "scan.dcm", 2),)


def test_colors_come_back_as_they_are(rng: np.random.Generator) -> None:
    samples = rng.integers(0, 256, (6, 4, 3)).astype(np.uint8)
    assert np.array_equal(np.asarray(decode(dicom(samples))), samples)
    planes = dicom(samples, PlanarConfiguration=1, PixelData=samples.transpose(2, 0, 1).tobytes())
    assert np.array_equal(np.asarray(decode(planes)), samples)


def test_16_bit_colors_are_scaled_by_their_depth() -> None:
    samples = np.array([[[4095, 0, 2000]]], np.uint16)
    assert np.asarray(decode(dicom(samples))).tolist() == [[[255, 0, 125]]]


def test_32_bit_colors_are_read() -> None:
    samples = np.array([[[2**32 - 1, 0, 2**31]]], np.uint32)
    assert np.asarray(decode(dicom(samples))).tolist() == [[[255, 0, 128]]]


def test_luminance_and_chrominance_become_rgb() -> None:
    samples = np.array([[[76, 85, 255], [255, 128, 128]]], np.uint8)  # red and white
    pixels = np.asarray(decode(dicom(samples, PhotometricInterpretation="YBR_FULL"))).astype(int)
    assert np.abs(pixels - [[[255, 0, 0], [255, 255, 255]]]).max() <= 2


def test_a_palette_becomes_rgb() -> None:
    palette: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for color, values in (("Red", [255, 0]), ("Green", [0, 9]), ("Blue", [0, 0])):
        palette[f"{color}PaletteColorLookupTableDescriptor"] = [2, 0, 8]
        palette[f"{color}PaletteColorLookupTableData"] = bytes(values)
    samples = np.array([[0, 1]], np.uint8)
    assert np.asarray(decode(dicom(samples, **palette))).tolist() == [[[255, 0, 0], [0, 9, 0]]]


def test_compressed_pixels_are_decoded(rng: np.random.Generator) -> None:
    samples = rng.integers(0, 4096, (32, 32)).astype(np.uint16)
    content = dicom(samples, WindowCenter=2048, WindowWidth=4096)
    assert grays(compressed(content, RLELossless)) == grays(content)


@pytest.mark.parametrize("value", [b"nan", b"inf", b"1e999"])
def test_a_rescale_slope_that_is_no_number_makes_a_file_bad(value: bytes) -> None:
    content = dicom(STORED, RescaleSlope="1.234", RescaleIntercept=0).replace(b"1.234 ", value.ljust(6))
    with pytest.raises(BadImageError, match="cannot be decoded"):
        decode(content)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "elements",
    [
        {"RescaleSlope": "1e308", "RescaleIntercept": "1e308", "WindowCenter": 40, "WindowWidth": 400},
        {"WindowCenter": 40, "WindowWidth": "1e-320", "VOILUTFunction": "SIGMOID"},
        {"RescaleSlope": "1e308"},
    ],
)
def test_numbers_beyond_all_bounds_are_drawn_without_a_word(elements: dict[str, Any]) -> None:
    assert len(grays(dicom(STORED, **elements))) == STORED.size


def test_a_file_without_an_image_says_so() -> None:
    with pytest.raises(BadImageError, match=r"^a DICOM file without an image$"):
        decode(dicom(STORED, PixelData=None))


def test_no_reason_quotes_the_file(rng: np.random.Generator, recwarn: pytest.WarningsRecorder) -> None:
    content = dicom(STORED, WindowCenter=40, WindowWidth=400)
    for _ in range(200):
        damaged = bytearray(content[: rng.integers(140, len(content))])
        for place in rng.integers(132, len(damaged), 3):
            damaged[place] = int(rng.integers(256))
        try:
            read_header(bytes(damaged))
            decode(bytes(damaged))
        except BadImageError as problem:
            assert str(problem) and "Jane" not in str(problem) and "Doe" not in str(problem)


def test_an_image_that_needs_too_much_memory_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(BadImageError, match=r"^20,000 × 20,000 pixels, more than 100 megapixels"):
        decode(dicom(STORED, Rows=20_000, Columns=20_000))
    with (
        pytest.raises(BadImageError, match=r"^5,000 × 5,000 pixels take .* GiB to decode, more than the"),
        decoded(dicom(STORED, Rows=5000, Columns=5000), ceiling=Ceiling(10_000_000)),
    ):
        pass


def test_nothing_of_a_patient_is_in_the_cache(tmp_path: Path) -> None:
    (tmp_path / "scan.dcm").write_bytes(dicom(STORED))
    PixelCache(4, tmp_path / "cache").prepare(FileImages(tmp_path, ["scan.dcm"]))
    stored = b"".join(path.read_bytes() for path in (tmp_path / "cache").iterdir())
    assert stored and PATIENT.encode() not in stored


@pytest.mark.parametrize("name", ["RLE", "bigendian", "implicit", "jp2klossless", "jpeg_ls_lossless"])
def test_an_image_looks_the_same_in_every_lossless_encoding(name: str) -> None:
    if "jpeg" in name:
        pytest.importorskip("gdcm", reason="the decoders of the extra dicom are not installed")
    files = [get_testdata_file(f"MR_small{ending}.dcm", download=False) for ending in ("", f"_{name}")]
    plain, encoded = (decode(Path(str(file)).read_bytes()) for file in files)
    assert plain.size == (64, 64) and plain.tobytes() == encoded.tobytes()
