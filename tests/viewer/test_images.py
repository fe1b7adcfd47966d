"""What a browser gets of an image: every pixel, upright, in 8 bits, without metadata."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from alc_tui.cli.page.thumbnails import data_uri
from alc_tui.data.images import BadImageError, FileImages
from alc_tui.viewer.images import THUMBNAIL, EncodedImage, full_image, thumbnail, without_metadata

PATIENT = b"Jane Doe, melanoma"


def encoded(path: Path) -> EncodedImage:
    return full_image(FileImages(path.parent, [path.name]), 0)


def pixels(content: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))


def shown_at_the_terminal(path: Path) -> NDArray[np.uint8]:
    return np.asarray(FileImages(path.parent, [path.name]).read(0))


def gradient(width: int = 67, height: int = 45) -> Image.Image:
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    return Image.fromarray(np.stack([across * 3, down * 5, across + down], axis=-1).astype(np.uint8))


def exif(orientation: int = 1) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010E] = PATIENT.decode()
    return found


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_jpeg_file_keeps_its_pixels_and_loses_its_metadata(tmp_path: Path, mode: str, progressive: bool) -> None:
    path = tmp_path / "plain.jpg"
    gradient().convert(mode).save(path, exif=exif(), comment=PATIENT, progressive=progressive, quality=85)
    path.write_bytes(path.read_bytes() + PATIENT)
    image = encoded(path)
    assert image.kind == "image/jpeg"
    assert path.read_bytes().count(PATIENT) == 3
    assert PATIENT not in image.content
    assert np.array_equal(pixels(image.content), shown_at_the_terminal(path))


@pytest.mark.parametrize("orientation", [2, 3, 6, 8])
def test_a_rotated_jpeg_file_is_upright(tmp_path: Path, orientation: int) -> None:
    path = tmp_path / "rotated.jpg"
    gradient().save(path, exif=exif(orientation))
    image = encoded(path)
    assert PATIENT not in image.content
    assert np.array_equal(pixels(image.content), shown_at_the_terminal(path))


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "I;16", "F", "RGBA", "1", "P"])
def test_what_browsers_cannot_show_is_converted_as_at_the_terminal(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("image.jpg" if mode == "CMYK" else "image.tiff")
    if mode == "I;16":
        image = Image.fromarray((np.arange(64 * 48, dtype=np.uint16) * 20).reshape(48, 64))
    elif mode == "LAB":
        image = Image.new("LAB", (64, 48), (120, 140, 100))
    else:
        image = gradient().convert(mode)
    image.save(path)
    found = encoded(path)
    assert found.kind == "image/png"
    assert np.array_equal(pixels(found.content), shown_at_the_terminal(path))


def test_a_dicom_file_is_shown_as_at_the_terminal_without_its_patient(tmp_path: Path) -> None:
    pytest.importorskip("pydicom", reason="the extra dicom is not installed")
    from tests.data.images.dicoms import PATIENT as DICOM_PATIENT
    from tests.data.images.dicoms import dicom

    path = tmp_path / "image.dcm"
    path.write_bytes(dicom((np.arange(64 * 48, dtype=np.uint16) * 20).reshape(48, 64)))
    found = encoded(path)
    assert found.kind == "image/png"
    assert pixels(found.content).shape == (48, 64, 3) and len(np.unique(pixels(found.content))) > 200
    assert np.array_equal(pixels(found.content), shown_at_the_terminal(path))
    assert DICOM_PATIENT.encode() not in found.content


def test_metadata_of_other_formats_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "image.tiff"
    gradient().save(path, description=PATIENT.decode())
    assert PATIENT in path.read_bytes()
    assert PATIENT not in encoded(path).content


def test_an_incomplete_jpeg_file_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    gradient(400, 400).save(path)
    whole = path.read_bytes()
    for length in (len(whole) // 2, len(whole) - 1, 300):
        path.write_bytes(whole[:length])
        with pytest.raises(BadImageError):
            encoded(path)


@pytest.mark.parametrize("content", [b"\xff\xd8", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe0\x00\x00" * 3, b""])
def test_bytes_that_are_no_jpeg_file_have_no_end(content: bytes) -> None:
    assert without_metadata(content) is None


def test_a_thumbnail_is_small_and_not_distorted(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    gradient(1200, 600).save(path)
    small = thumbnail(FileImages(tmp_path, [path.name]), 0)
    assert small.kind == "image/jpeg"
    assert pixels(small.content).shape == (THUMBNAIL // 2, THUMBNAIL, 3)


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("name", ["a.jpg", "a.gif", "a.png", "a.tiff", "a.webp"])
def test_thumbnails_and_converted_images_have_no_comment_and_no_profile(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    described = {"comment": PATIENT} if name in ("a.jpg", "a.gif") else {"description": PATIENT.decode()}
    gradient().save(path, icc_profile=PROFILE, exif=exif(6), **described)
    images = FileImages(path.parent, [path.name])
    for found in (encoded(path).content, thumbnail(images, 0).content, data(data_uri(images, 0))):
        assert PATIENT not in found and b"ICC_PROFILE" not in found and b"iCCP" not in found
        with Image.open(io.BytesIO(found)) as image:
            assert not set(image.info) & {"comment", "icc_profile", "exif"}


def data(uri: str) -> bytes:
    return base64.b64decode(uri.partition(",")[2])


def test_a_named_frame_of_a_jpeg_file_is_the_one_at_the_terminal(tmp_path: Path) -> None:
    first, second = Image.new("RGB", (32, 24), (255, 0, 0)), Image.new("RGB", (32, 24), (0, 0, 255))
    first.save(tmp_path / "stereo.jpg", format="MPO", save_all=True, append_images=[second])
    images = FileImages(tmp_path, ["stereo.jpg#2"])
    assert np.asarray(images.read(0))[9, 9, 2] > 250
    assert np.array_equal(pixels(full_image(images, 0).content), np.asarray(images.read(0)))
