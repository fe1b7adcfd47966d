"""The windows of images with more than 8 bits, each with values computed by hand."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alc_tui.data.dataset import Subset, read_in_window
from alc_tui.data.images import (
    ArrayImages,
    BadImageError,
    FileImages,
    WindowedImage,
    decode,
    decode_in_window,
    read_windows,
)
from tests.data.images.samples import png, tiff

RAMP = np.arange(1000, 3000, dtype=np.uint16).reshape(40, 50)
"""2,000 values: the typical range leaves out the lowest two and the highest two."""


def gray(shown: WindowedImage) -> NDArray[np.uint8]:
    pixels = np.asarray(shown.image)
    assert pixels.shape[2] == 3
    assert (pixels[..., 0] == pixels[..., 2]).all()
    return pixels[..., 0]


def saved(samples: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(samples).save(file, "PNG")
    return file.getvalue()


def stretched(low: float, high: float) -> NDArray[np.uint8]:
    values: NDArray[np.uint8] = np.rint(np.clip((RAMP - float(low)) / (high - low), 0, 1) * 255).astype(np.uint8)
    return values


@pytest.mark.parametrize("content", [png(RAMP), tiff(RAMP)], ids=["png", "tiff"])
def test_a_gray_image_with_16_bits_has_its_typical_and_its_full_range(content: bytes) -> None:
    assert read_windows(content) == ("typical range", "full range")
    typical, full = (decode_in_window(content, window=name) for name in read_windows(content))
    assert np.array_equal(gray(typical), stretched(1002, 2997))
    assert np.array_equal(gray(full), stretched(1000, 2999))
    assert (typical.window, full.window) == ("typical range", "full range")


def test_white_is_zero_in_the_full_range_too() -> None:
    assert np.array_equal(
        gray(decode_in_window(tiff(RAMP, photometric=0), window="full range")), 255 - stretched(1000, 2999)
    )


@pytest.mark.parametrize(
    "content",
    [
        saved(np.zeros((2, 3), np.uint8)),
        saved(np.zeros((2, 3, 3), np.uint8)),
        png(np.full((2, 3, 3), 4000, np.uint16)),
    ],
    ids=["8-bit gray", "8-bit color", "16-bit color"],
)
def test_images_with_8_bits_or_in_color_have_no_windows(content: bytes) -> None:
    assert read_windows(content) == ()
    shown = decode_in_window(content, window="full range")
    assert (shown.window, shown.windows) == ("", ())
    assert shown.image.tobytes() == decode(content).tobytes()


def test_a_window_that_an_image_lacks_leaves_it_in_its_own(tmp_path: Path) -> None:
    (tmp_path / "ramp.png").write_bytes(png(RAMP))
    images = FileImages(tmp_path, ["ramp.png"])
    shown = images.read_in_window(0, "lung")
    assert shown.window == "typical range"
    assert shown.image.tobytes() == images.read(0).tobytes()


def test_a_part_of_a_source_has_its_windows_and_sources_without_any_have_none(tmp_path: Path) -> None:
    (tmp_path / "ramp.png").write_bytes(png(RAMP))
    part = Subset(FileImages(tmp_path, ["none.png", "ramp.png"]), np.array([1]))
    assert read_in_window(part, 0, "full range").window == "full range"
    np.savez(tmp_path / "arrays.npz", train_images=np.full((1, 2, 2, 3), 7, np.uint8))
    shown = read_in_window(Subset(ArrayImages(tmp_path / "arrays.npz", ["train/0"]), np.array([0])), 0, "full range")
    assert (shown.window, shown.windows, shown.image.getpixel((0, 0))) == ("", (), (7, 7, 7))


@pytest.mark.parametrize("content", [b"", b"text", png(RAMP)[:60]])
def test_the_reason_why_an_image_cannot_be_decoded_is_the_same_in_a_window(content: bytes) -> None:
    with pytest.raises(BadImageError) as plain:
        decode(content)
    with pytest.raises(BadImageError) as windowed:
        decode_in_window(content, window="full range")
    assert str(windowed.value) == str(plain.value)


def test_what_is_no_image_has_no_windows_but_a_reason() -> None:
    with pytest.raises(BadImageError, match="not an image"):
        read_windows(b"text")
