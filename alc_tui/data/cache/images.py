"""Images read from the decoded-image cache, for sources whose single file is too large to open for each image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.dataset import ImageSource, Subset


class CachedImages:
    """The images of a source as stored in the cache: square, at the cache's size."""

    def __init__(self, images: ImageSource, cache: PixelCache) -> None:
        self._images, self._cache = images, cache

    def __len__(self) -> int:
        return len(self._images)

    def read(self, index: int) -> Image.Image:
        """See `ImageSource.read`; raises AlcError if the image is not in the cache."""
        row = self._cache.rows(Subset(self._images, np.array([index])))[0]
        return Image.fromarray(self._cache.pixels()[row])

    def token(self, index: int) -> str:
        """See `ImageSource.token`."""
        return self._images.token(index)

    def locator(self, index: int) -> str:
        """See `ImageSource.locator`."""
        return self._images.locator(index)

    def path(self, index: int) -> Path | None:
        """See `ImageSource.path`."""
        return self._images.path(index)
