from __future__ import annotations

import errno
import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile

from alc_tui.data.dataset import ImageSource
from alc_tui.data.images import (
    ArrayImages,
    BadImageError,
    FileImages,
    OutOfResources,
    UnreadableFileError,
    decode,
    decoded,
    extensions,
    read_file,
    square,
)
from alc_tui.data.memory import Ceiling
from alc_tui.errors import AlcError

# pytest sets its own warning filters in place of those that the module sets.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]

RED, GREEN = (255, 0, 0), (0, 255, 0)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pixels(content: bytes) -> np.ndarray:
    image = decode(content)
    assert image.mode == "RGB"
    return np.asarray(image)


def png_of(width: int, height: int, bits: int = 8) -> bytes:
    """A grayscale PNG that declares a size and has no pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def red_over_green() -> Image.Image:
    image = Image.new("RGB", (2, 4), RED)
    image.paste(GREEN, (0, 2, 2, 4))
    return image


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "WEBP", "GIF", "PPM"])
def test_an_image_of_any_usual_kind_comes_back_as_it_was(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    assert pixels(saved(red_over_green(), kind, **options))[:, 0].tolist() == [list(RED)] * 2 + [list(GREEN)] * 2


@pytest.mark.parametrize(
    ("orientation", "corners"),
    # Top left, top right, bottom left of an image whose stored corners are these; from the EXIF standard.
    [(1, "abc"), (2, "bad"), (3, "dcb"), (4, "cda"), (5, "acb"), (6, "cad"), (7, "dbc"), (8, "bda")],
)
def test_exif_orientation_is_applied(orientation: int, corners: str) -> None:
    stored = np.array([[10, 20], [30, 40]], dtype=np.uint8)  # a b / c d
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = pixels(saved(Image.fromarray(stored), "PNG", exif=exif))[:, :, 0]
    named = {"a": 10, "b": 20, "c": 30, "d": 40}
    assert [upright[0, 0], upright[0, 1], upright[1, 0]] == [named[corner] for corner in corners]


def test_damaged_exif_does_not_make_an_image_bad() -> None:
    assert pixels(saved(red_over_green(), "PNG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")).shape == (4, 2, 3)


def test_transparency_is_laid_on_black() -> None:
    half = Image.new("RGBA", (1, 1), (200, 100, 50, 128))
    assert pixels(saved(half, "PNG")).tolist() == [[[100, 50, 25]]]
    assert pixels(saved(Image.new("LA", (1, 1), (200, 0)), "PNG")).tolist() == [[[0, 0, 0]]]


def test_a_palette_with_a_transparent_color_is_laid_on_black() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([*RED, *GREEN])
    image.putpixel((1, 0), 1)
    assert pixels(saved(image, "PNG")).tolist() == [[list(RED), list(GREEN)]]
    assert pixels(saved(image, "PNG", transparency=0)).tolist() == [[[0, 0, 0], list(GREEN)]]


def test_cmyk_becomes_rgb() -> None:
    assert pixels(saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF"))[0, 0].tolist() == list(RED)


def test_cielab_becomes_rgb() -> None:
    white = Image.frombytes("LAB", (1, 1), bytes([255, 0, 0]))
    assert pixels(saved(white, "TIFF"))[0, 0].min() > 250


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grayscale_is_scaled_by_its_own_range_and_not_clipped(kind: str) -> None:
    values = np.array([[1000, 1510, 2020]], dtype=np.uint16)  # (1510 − 1000) / 1020 · 255 = 127.5
    gray = pixels(saved(Image.fromarray(values), kind))[0, :, 0].tolist()
    assert (gray[0], gray[2]) == (0, 255)
    assert gray[1] in (127, 128)


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_32_bit_grayscale_is_scaled_by_its_own_range(dtype: type[np.int32 | np.float32]) -> None:
    values: NDArray[np.int32 | np.float32] = np.array([[-500, 0, 2050]], dtype=dtype)  # 500 / 2550 · 255 = 50
    assert pixels(saved(Image.fromarray(values), "TIFF"))[0, :, 0].tolist() == [0, 50, 255]


def test_values_that_are_no_numbers_take_the_ends_of_the_range() -> None:
    values = np.array([[np.nan, np.inf, -np.inf, 2.0, 4.0]], dtype=np.float32)
    assert pixels(saved(Image.fromarray(values), "TIFF"))[0, :, 0].tolist() == [0, 255, 0, 0, 255]


def test_a_constant_16_bit_image_is_black() -> None:
    assert pixels(saved(Image.fromarray(np.full((2, 2), 4095, np.uint16)), "PNG")).max() == 0


def test_of_several_pages_the_first_is_taken() -> None:
    pages = saved(Image.new("RGB", (2, 2), RED), "TIFF", save_all=True, append_images=[Image.new("RGB", (2, 2), GREEN)])
    assert pixels(pages)[0, 0].tolist() == list(RED)


def test_an_empty_file_is_bad() -> None:
    with pytest.raises(BadImageError, match=r"^empty file$"):
        decode(b"")


def test_a_text_file_is_bad() -> None:
    with pytest.raises(BadImageError, match=r"^not an image Pillow can read$"):
        decode(b"image,label\n")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
def test_half_a_file_is_bad(kind: str) -> None:
    noise = Image.effect_noise((64, 64), 50).convert("RGB")
    content = saved(noise, kind)
    with pytest.raises(BadImageError, match=r"^truncated$"):
        decode(content[: len(content) // 2])


def test_no_damage_whatever_raises_anything_but_bad_image(rng: np.random.Generator) -> None:
    noise = Image.effect_noise((24, 24), 50).convert("RGB")
    for kind in ("PNG", "JPEG", "TIFF", "GIF", "WEBP"):
        content = bytearray(saved(noise, kind))
        for _ in range(60):
            damaged = content.copy()
            for place in rng.integers(0, len(content), 8):
                damaged[place] = int(rng.integers(256))
            try:
                decode(bytes(damaged))
            except BadImageError as problem:
                assert str(problem)


def test_a_bomb_is_refused_from_its_header() -> None:
    with pytest.raises(
        BadImageError, match=r"^10,001 × 10,001 pixels, more than 100 megapixels; scale the image down$"
    ):
        decode(png_of(10_001, 10_001))
    with pytest.raises(BadImageError, match=r"more than 100 megapixels; scale the image down$"):
        decode(png_of(60_000, 60_000))


@pytest.mark.parametrize(("width", "height", "bits"), [(1, 99_999_999, 8), (3, 9_000_000, 16), (2, 20_000_000, 1)])
def test_a_bomb_of_extreme_proportions_is_refused_from_its_header_with_its_size_and_the_ceiling(
    width: int, height: int, bits: int
) -> None:
    size = f"{width:,} × {height:,} pixels take [0-9.]+ GiB to decode"
    with (
        pytest.raises(BadImageError, match=f"^{size}, more than the 2.0 GiB that alc allows; scale the image down$"),
        decoded(png_of(width, height, bits), side=256),
    ):
        pass


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_an_image_is_refused_that_needs_more_memory_than_the_ceiling(
    dtype: type[np.uint8 | np.uint16 | np.float32],
) -> None:
    content = saved(Image.fromarray(np.zeros((100, 100), dtype=dtype)), "TIFF")
    with decoded(content, ceiling=Ceiling(1_000_000)) as image:
        assert image.size == (100, 100)
    with pytest.raises(BadImageError, match="100 × 100 pixels"), decoded(content, ceiling=Ceiling(50_000)):
        pass


DECODES = """
import resource, sys
from pathlib import Path
from alc_tui.data.images import FileImages
from alc_tui.data.cache.decoding import decode_images
from alc_tui.data.memory import DECODING_BYTES

images = FileImages(Path(sys.argv[1]), sys.argv[2:])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
reasons = [image.error for image in decode_images(images, range(len(images)), 256, set(), 8)]
assert reasons == [None] * len(images), reasons
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
assert peak * 1024 < DECODING_BYTES, peak
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in bytes elsewhere")
def test_the_ceiling_holds_for_all_threads_together(tmp_path: Path) -> None:
    for number in range(6):
        gray = Image.new("I;16", (7000, 7000), number)
        gray.putpixel((0, 0), 1000)
        gray.save(tmp_path / f"{number}.tif")
    names = [f"{number}.tif" for number in range(6)]
    subprocess.run([sys.executable, "-c", DECODES, str(tmp_path), *names], check=True)


@pytest.mark.parametrize(
    "error", [MemoryError(), OSError(errno.EMFILE, "Too many open files"), OSError("out of memory")], ids=repr
)
def test_a_want_of_memory_or_open_files_says_nothing_about_the_image(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: ImageFile) -> None:
        raise error

    monkeypatch.setattr(ImageFile, "load", fail)
    with pytest.raises(OutOfResources, match="while decoding images; close other programs and repeat the command"):
        decode(saved(red_over_green(), "BMP"))


def test_postscript_is_not_run() -> None:
    with pytest.raises(BadImageError, match="not an image"):
        decode(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")
    assert {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp"} <= extensions()
    assert not {".eps", ".pdf", ".csv", ".txt", ".h5"} & extensions()


def test_square_squashes_the_aspect_and_averages_when_it_shrinks() -> None:
    image = Image.fromarray(np.tile(np.array([[0, 200]], dtype=np.uint8), (4, 8))).convert("RGB")
    small = square(image, 2)
    assert small.shape == (2, 2, 3) and small.dtype == np.uint8
    assert abs(int(small.mean()) - 100) <= 2
    assert np.array_equal(square(Image.fromarray(small), 2), small)


def test_files_are_read_by_position(tmp_path: Path, put: Callable[..., Path]) -> None:
    put("a/one.png", gray=10)
    put("b.png", gray=20)
    source = FileImages(tmp_path, ["a/one.png", "b.png"])
    assert len(source) == 2
    assert [source.read(i).getpixel((0, 0)) for i in range(2)] == [(10, 10, 10), (20, 20, 20)]
    assert source.locator(0) == "a/one.png" and source.path(0) == tmp_path / "a/one.png"


def test_the_token_of_a_file_changes_with_its_content(tmp_path: Path, put: Callable[..., Path]) -> None:
    path = put("a.png", gray=1)
    source = FileImages(tmp_path, ["a.png"])
    first = source.token(0)
    assert source.token(0) == first
    os.utime(path, ns=(0, 1))
    second = source.token(0)
    path.unlink()
    assert len({first, second, source.token(0)}) == 3


def test_a_missing_file_and_one_that_is_no_file_are_bad(tmp_path: Path, put: Callable[..., Path]) -> None:
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    source = FileImages(tmp_path, ["gone.png", "folder.png", "pipe.png"])
    for index, reason in enumerate(["missing", "not a regular file", "not a regular file"]):
        with pytest.raises(UnreadableFileError, match=f"^{reason}$"):
            source.read(index)


def test_a_file_that_is_far_too_large_is_not_read(put: Callable[..., Path]) -> None:
    path = put("a.png", b"\0" * (2 * 2**20 + 1))
    with pytest.raises(BadImageError, match=r"^larger than 2 MiB$"):
        read_file(path, limit=2 * 2**20)


def test_rows_of_an_npz_are_read_by_split_and_row(tmp_path: Path) -> None:
    gray = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4)
    color = np.zeros((1, 4, 4, 3), dtype=np.uint8)
    color[..., 1] = 9
    np.savez_compressed(tmp_path / "x.npz", train_images=gray, test_images=color)
    source: ImageSource = ArrayImages(tmp_path / "x.npz", ["train/1", "test/0", "test/1"])
    assert np.array_equal(np.asarray(source.read(0))[:, :, 0], gray[1])
    assert source.read(1).getpixel((0, 0)) == (0, 9, 0)
    assert source.path(0) is None and source.token(0) != source.token(1)
    with pytest.raises(BadImageError, match="missing"):
        source.read(2)


def test_an_npz_that_is_gone_or_lacks_the_images_says_so(tmp_path: Path) -> None:
    with pytest.raises(AlcError, match=r"gone\.npz cannot be read"):
        ArrayImages(tmp_path / "gone.npz", [])
    np.savez(tmp_path / "x.npz", train_images=np.zeros((1, 2, 2), np.uint8))
    with pytest.raises(AlcError, match="'val_images' cannot be read"):
        ArrayImages(tmp_path / "x.npz", ["val/0"]).read(0)
