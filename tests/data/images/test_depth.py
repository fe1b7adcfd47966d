"""Images with more than 8 bits per sample."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alc_tui.data.images import BadImageError, decode, decoded, read_header
from alc_tui.data.images.window import Box, Values, boxes, typical_range
from alc_tui.data.memory import Ceiling
from tests.data.images.samples import Samples, png, tiff

# pytest sets its own warning filters in place of those that the package sets.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]


@pytest.fixture
def color(rng: np.random.Generator) -> Samples:
    """Colors with 12 bits, white among them."""
    samples = rng.integers(0, 4096, (9, 7, 3)).astype(np.uint16)
    samples[0, 0] = 4095
    return samples


def pixels(content: bytes) -> NDArray[np.uint8]:
    image = decode(content)
    assert image.mode == "RGB"
    return np.asarray(image)


def as_8_bits(samples: NDArray[Any], white: int) -> NDArray[np.uint8]:
    return np.rint(samples * (255 / white)).astype(np.uint8)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


WRITERS: dict[str, Any] = {
    "png": png,
    "tiff": tiff,
    "big-endian tiff": lambda samples: tiff(samples, order=">"),
    "compressed tiff": lambda samples: tiff(samples, is_compressed=True, rows=4),
    "big-endian compressed tiff": lambda samples: tiff(samples, order=">", is_compressed=True),
    "big tiff": lambda samples: tiff(samples, is_big=True),
    "tiff in planes": lambda samples: tiff(samples, in_planes=True, rows=2),
    "compressed big-endian tiff in planes": lambda samples: tiff(
        samples, order=">", is_compressed=True, in_planes=True
    ),
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_16_bit_color_is_scaled_by_the_bit_depth_of_its_values(kind: str, bits: int, color: Samples) -> None:
    samples = (color * ((2.0**bits - 1) / 4095)).astype(np.uint16)
    assert np.array_equal(pixels(WRITERS[kind](samples)), as_8_bits(samples, 2**bits - 1))


def test_a_16_bit_copy_of_an_8_bit_image_looks_the_same(rng: np.random.Generator) -> None:
    original = rng.integers(0, 200, (9, 7, 3)).astype(np.uint8)
    assert np.array_equal(pixels(png(original.astype(np.uint16) * 257)), original)


@pytest.mark.parametrize("kind", ["png", "tiff", "tiff in planes"])
def test_transparency_of_16_bits_is_blended_with_black(kind: str, rng: np.random.Generator) -> None:
    samples = rng.integers(0, 65536, (9, 7, 4)).astype(np.uint16)
    samples[0, 0] = 65535
    content = png(samples) if kind == "png" else tiff(samples, extra=2, in_planes=kind.endswith("planes"))
    blended = np.rint(samples[..., :3] * (samples[..., 3:] / 65535))
    assert np.array_equal(pixels(content), as_8_bits(blended, 65535))


@pytest.mark.parametrize("in_planes", [False, True])
@pytest.mark.parametrize("extra", [0, 1])
def test_colors_multiplied_by_their_opacity_are_used_as_they_are(
    extra: int, in_planes: bool, rng: np.random.Generator
) -> None:
    samples = rng.integers(0, 4096, (9, 7, 4)).astype(np.uint16)
    content = tiff(samples, extra=extra, in_planes=in_planes)
    assert np.array_equal(pixels(content), as_8_bits(samples[..., :3], 4095))


def test_16_bit_gray_with_transparency_is_blended_with_black() -> None:
    samples = np.array([[[4095, 65535], [2000, 32768], [4000, 0]]], np.uint16)
    assert pixels(png(samples))[0, :, 0].tolist() == [255, 62, 0]  # 2000 · 32768 / 65535 / 4095 · 255 = 62.3


def test_the_transparent_color_of_a_16_bit_png_is_black() -> None:
    samples = np.array([[[4095, 4000, 1], [4095, 4000, 0]]], np.uint16)
    assert pixels(png(samples, transparent=(4095, 4000, 1))).tolist() == [[[0, 0, 0], [255, 249, 0]]]


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("is_compressed", [False, True])
def test_where_white_is_zero_low_values_are_bright(dtype: type[Any], is_compressed: bool) -> None:
    samples = np.array([[1000, 1510, 2020]], dtype)
    gray = pixels(tiff(samples, photometric=0, is_compressed=is_compressed))[0, :, 0].tolist()
    assert (gray[0], gray[2]) == (255, 0) and gray[1] in (127, 128)
    assert pixels(tiff(samples, is_compressed=is_compressed))[0, :, 0].tolist()[::2] == [0, 255]


def test_where_white_is_zero_8_bits_are_inverted_too() -> None:
    assert pixels(tiff(np.array([[0, 100, 255]], np.uint8), photometric=0))[0, :, 0].tolist() == [255, 155, 0]


@pytest.mark.parametrize("in_planes", [False, True])
def test_the_orientation_of_a_16_bit_tiff_is_applied_once(in_planes: bool, color: Samples) -> None:
    content = tiff(color, orientation=6, in_planes=in_planes)  # the first row is the right edge
    assert np.array_equal(pixels(content), as_8_bits(np.rot90(color, -1), 4095))


def test_the_orientation_of_a_16_bit_png_is_applied(color: Samples) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    other = saved(Image.new("L", (1, 1)), "PNG", exif=exif)
    chunk = other[other.index(b"eXIf") - 4 : other.index(b"IDAT") - 4]
    content = png(color)
    place = content.index(b"IDAT") - 4
    assert np.array_equal(pixels(content[:place] + chunk + content[place:]), as_8_bits(np.rot90(color, -1), 4095))


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_a_hot_pixel_and_a_dead_one_do_not_change_the_contrast_of_the_rest(dtype: type[Any]) -> None:
    samples = np.linspace(1000, 2000, 4096).reshape(64, 64).astype(dtype)
    clean = pixels(tiff(samples) if dtype != np.int32 else saved(Image.fromarray(samples), "TIFF")).astype(int)
    samples[5, 7], samples[20, 9] = 60_000, 0
    damaged = pixels(tiff(samples) if dtype != np.int32 else saved(Image.fromarray(samples), "TIFF")).astype(int)
    assert damaged[5, 7, 0] == 255 and damaged[20, 9, 0] == 0
    differences = np.abs(clean - damaged)[..., 0]
    differences[5, 7] = differences[20, 9] = 0
    assert differences.max() <= 1


def test_a_hot_pixel_does_not_darken_colors(rng: np.random.Generator) -> None:
    samples = rng.integers(0, 4096, (40, 40, 3)).astype(np.uint16)
    samples[5, 7, 1] = 65535
    expected = as_8_bits(np.minimum(samples, 4095), 4095)
    assert np.array_equal(pixels(png(samples)), expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_few_bright_spots_on_black_are_kept(channels: int) -> None:
    samples = np.zeros((100, 100, channels), np.uint16)
    samples[5, 5], samples[6, 6] = 4095, 2048
    gray = pixels(png(samples))[..., 0]
    assert (gray[5, 5], gray[0, 0]) == (255, 0) and gray[6, 6] in (127, 128)


def test_the_typical_range_leaves_out_a_thousandth_at_each_end(rng: np.random.Generator) -> None:
    values = rng.permutation(10_000).reshape(100, 100)
    window = typical_range(lambda: iter([((0, 0, 100, 100), values)]), (100, 100))
    assert (window.low, window.high) == (10, 9989)


def test_the_typical_range_of_a_large_image_is_that_of_evenly_spaced_pixels() -> None:
    values = np.arange(3000 * 2000, dtype=np.int32).reshape(2000, 3000)

    def tiles() -> Iterator[tuple[Box, Values]]:
        for left, top, right, bottom in boxes(3000, 2000):
            yield (left, top, right, bottom), values[top:bottom, left:right]

    window = typical_range(tiles, (3000, 2000))
    assert window.low == pytest.approx(6000, abs=6000) and window.high == pytest.approx(6_000_000 - 6000, abs=6000)


@pytest.mark.parametrize(("width", "height"), [(3, 5), (700_000, 1), (1, 700_000), (500, 999)])
def test_tiles_cover_an_image_once_and_are_small_whatever_its_proportions(width: int, height: int) -> None:
    covered = np.zeros((height, width), np.uint8)
    for left, top, right, bottom in boxes(width, height):
        covered[top:bottom, left:right] += 1
        assert 0 < (right - left) * (bottom - top) <= 2**17
    assert covered.min() == covered.max() == 1


@pytest.mark.parametrize("kind", WRITERS)
def test_damaged_files_are_bad_and_nothing_else(kind: str, color: Samples, rng: np.random.Generator) -> None:
    content = WRITERS[kind](color)
    for _ in range(60):
        damaged = bytearray(content)
        for place in rng.integers(0, len(content), 6):
            damaged[place] = int(rng.integers(256))
        try:
            decode(bytes(damaged))
        except BadImageError as problem:
            assert str(problem)
    with pytest.raises(BadImageError):
        decode(content[: len(content) // 3])


def test_planes_in_a_big_tiff_are_refused_with_what_to_do(color: Samples) -> None:
    with pytest.raises(BadImageError, match=r"^a BigTIFF file .* in planes; save it with interleaved channels$"):
        decode(tiff(color, in_planes=True, is_big=True))


def test_color_of_16_bits_takes_more_memory_than_color_of_8_bits() -> None:
    samples = np.zeros((100, 100, 3), np.uint16)
    flat = saved(Image.fromarray(samples.astype(np.uint8)), "PNG")
    ceiling = Ceiling(150_000)
    with decoded(flat, ceiling=ceiling) as image:
        assert image.size == (100, 100)
    with pytest.raises(BadImageError, match="100 × 100 pixels take"), decoded(png(samples), ceiling=ceiling):
        pass


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK"])
def test_8_bits_are_not_deep(mode: str) -> None:
    assert not read_header(saved(Image.new(mode, (3, 2)), "TIFF")).is_deep


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_the_header_tells_how_many_pages_or_frames_there_are(kind: str) -> None:
    pages = [Image.new("RGB", (3, 2), (80 * page, 0, 0)) for page in range(3)]
    content = saved(pages[0], kind, save_all=True, append_images=pages[1:])
    assert (read_header(content).frames, read_header(saved(pages[0], kind)).frames) == (3, 1)
    assert decode(content).getpixel((0, 0)) == (0, 0, 0)


def test_previews_in_a_jpeg_are_no_frames() -> None:
    first, second = Image.new("RGB", (8, 8)), Image.new("RGB", (4, 4))
    assert read_header(saved(first, "MPO", save_all=True, append_images=[second])).frames == 1
