from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alc_tui.data.cache.images import CachedImages
from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.images import ArrayImages, square
from alc_tui.errors import AlcError


@pytest.fixture
def images(tmp_path: Path) -> ArrayImages:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    np.savez(tmp_path / "bloodmnist.npz", train_images=pixels)
    return ArrayImages(tmp_path / "bloodmnist.npz", ["train/2", "train/0", "train/1"])


def test_an_image_is_read_as_it_was_decoded_into_the_cache(images: ArrayImages, tmp_path: Path) -> None:
    cache = PixelCache(16, tmp_path / "cache")
    cache.prepare(images)
    cached = CachedImages(images, PixelCache(16, tmp_path / "cache"))
    assert len(cached) == 3
    for index in range(3):
        assert np.array_equal(np.asarray(cached.read(index)), square(images.read(index), 16))
        assert isinstance(cached.read(index), Image.Image) and cached.read(index).size == (16, 16)
        assert (cached.token(index), cached.locator(index)) == (images.token(index), images.locator(index))
        assert cached.path(index) is None


def test_the_large_file_itself_is_not_opened_again(images: ArrayImages, tmp_path: Path) -> None:
    PixelCache(16, tmp_path / "cache").prepare(images)
    fresh = ArrayImages(tmp_path / "bloodmnist.npz", ["train/2"])
    CachedImages(fresh, PixelCache(16, tmp_path / "cache")).read(0)
    assert not fresh._arrays


def test_an_image_that_was_not_decoded_is_one_sentence(images: ArrayImages, tmp_path: Path) -> None:
    with pytest.raises(AlcError, match="run `alc dataset prepare` first"):
        CachedImages(images, PixelCache(16, tmp_path / "cache")).read(0)
