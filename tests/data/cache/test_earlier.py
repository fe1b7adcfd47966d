"""A cache that an earlier version has filled."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alc_tui.data.cache.disk import acquire_lock
from alc_tui.data.cache.folder import lock_path
from alc_tui.data.cache.pixels import FramesLeftOut, PixelCache
from alc_tui.data.images import FileImages
from tests.data.images.samples import png


@pytest.fixture
def cache(tmp_path: Path) -> PixelCache:
    return PixelCache(4, tmp_path / "cache")


class Counting(FileImages):
    """Files that count how often their pixels' place was asked for."""

    asked = 0

    def path(self, index: int) -> Path:
        self.asked += 1
        return super().path(index)


def fill_as_an_earlier_version(cache: PixelCache, images: FileImages) -> None:
    """Fill the cache as versions did that identified an image by its content alone, with black pixels for all."""
    rows = cache.prepare(images).rows
    with closing(sqlite3.connect(cache.folder / "index-4.sqlite")) as index, index:
        index.execute("DROP TABLE headers")
        for position, row in enumerate(rows.tolist()):
            digest = blake2b(images.path(position).read_bytes(), digest_size=16).digest()
            (former,) = index.execute("SELECT digest FROM images WHERE row = ?", (row,)).fetchone()
            index.execute("UPDATE images SET digest = ? WHERE row = ?", (digest, row))
            index.execute("UPDATE tokens SET digest = ? WHERE digest = ?", (digest, former))
    pixels = cache.folder / "pixels-4.u8"
    pixels.write_bytes(bytes(pixels.stat().st_size))


@pytest.fixture
def mixed(tmp_path: Path, put: Callable[..., Path]) -> Counting:
    """A white image with 8 bits and one with 12."""
    put("8.png", gray=255)
    put("12.png", png(np.full((4, 4, 3), 4095, np.uint16)))
    return Counting(tmp_path, ["8.png", "12.png"])


def test_only_images_with_more_than_8_bits_are_decoded_again(cache: PixelCache, mixed: Counting) -> None:
    fill_as_an_earlier_version(cache, mixed)
    calls: list[tuple[int, int]] = []
    prepared = cache.prepare(mixed, lambda done, total: calls.append((done, total)))
    assert calls == [(1, 1)]
    assert cache.pixels()[prepared.rows].max(axis=(1, 2, 3)).tolist() == [0, 255]
    mixed.asked = 0
    again = cache.prepare(mixed)
    assert mixed.asked == 0 and np.array_equal(again.rows, prepared.rows)


def test_sessions_whose_images_are_prepared_find_them_without_decoding(cache: PixelCache, mixed: Counting) -> None:
    fill_as_an_earlier_version(cache, mixed)
    assert sorted(cache.rows(mixed).tolist()) == [0, 1]


def test_jpeg_files_are_not_even_opened(cache: PixelCache, tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a.jpg")
    images = Counting(tmp_path, ["a.jpg"])
    fill_as_an_earlier_version(cache, images)
    (tmp_path / "a.jpg").chmod(0)
    assert cache.prepare(images).bad == ()


def test_a_cache_that_another_process_writes_to_is_used_without_waiting(
    cache: PixelCache, tmp_path: Path, put: Callable[..., Path]
) -> None:
    put("8.png", gray=255)
    images = FileImages(tmp_path, ["8.png"])
    fill_as_an_earlier_version(cache, images)
    with closing(acquire_lock(lock_path(cache.folder, 4), wait=False)):
        assert cache.prepare(images).rows.tolist() == [0]
    assert cache.prepare(images).rows.tolist() == [0]


def test_a_file_that_an_earlier_version_writes_again_is_checked_again(cache: PixelCache, mixed: Counting) -> None:
    cache.prepare(mixed)
    digest = blake2b(mixed.path(1).read_bytes(), digest_size=16).digest()
    with closing(sqlite3.connect(cache.folder / "index-4.sqlite")) as index, index:
        index.execute("UPDATE tokens SET digest = ? WHERE digest != ?", (digest, digest))
        index.execute("UPDATE images SET digest = ? WHERE row = 0", (digest,))
    prepared = cache.prepare(mixed)
    assert cache.pixels()[prepared.rows[1]].min() == 255


def test_files_with_several_pages_are_named_whoever_cached_them(cache: PixelCache, tmp_path: Path) -> None:
    pages = [Image.new("L", (4, 4), 10 * page) for page in range(3)]
    pages[0].save(tmp_path / "stack.tif", save_all=True, append_images=pages[1:])
    pages[1].save(tmp_path / "single.tif")
    images = FileImages(tmp_path, ["single.tif", "stack.tif"])
    expected = (FramesLeftOut(1, "stack.tif", 3),)
    assert cache.prepare(images).frames_left_out == expected == cache.prepare(images).frames_left_out
    fill_as_an_earlier_version(cache, images)
    assert cache.prepare(images).frames_left_out == expected == cache.prepare(images).frames_left_out
