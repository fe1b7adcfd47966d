"""The cache of decoded images with a million images, simulated: seconds and memory of what a session does with it.

The file of pixels is sparse: it has the size that it would have, 197 GB at 256 pixels, and takes no room. The index
is whole, with random digests. `prepare` is what every training and every command on the images begins with, all
images being cached; `open` opens the index for writing; `look_up` is one image, as the app asks for it; `add` commits
256 images. The same is measured at a hundredth of the size: what takes O(log n) takes hardly less there. Peak memory
is that of a process of its own that prepares. Prints one JSON line per size.

    python -m benchmarks.pixel_cache --images 1000000
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from alc_tui.data.cache.folder import index_path, pixel_path
from alc_tui.data.cache.index import CacheRow, IndexWriter, token_key
from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.dataset import Subset

PER_COMMIT, TURNS = 256, 20


class CachedOnly:
    """Images that are all in the cache. first: the number of the first one."""

    def __init__(self, count: int, first: int = 0) -> None:
        self._count, self._first = count, first

    def __len__(self) -> int:
        return self._count

    def read(self, index: int) -> Image.Image:
        """Fails: none is decoded."""
        raise AssertionError(self.locator(index))

    def token(self, index: int) -> str:
        """See `ImageSource.token`."""
        return f"/data/{self.locator(index)}|12345|1700000000000000000"

    def locator(self, index: int) -> str:
        """See `ImageSource.locator`."""
        return f"images/ISIC_{self._first + index:07d}.jpg"

    def path(self, index: int) -> None:
        """None: there is no file."""


def main() -> None:
    """Simulate both sizes, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--size", type=int, default=256, help="pixels per side")
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    asked = parser.parse_args()
    if asked.small:
        asked.images = 2_000
    for count in (asked.images // 100, asked.images):
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps({"cores": os.cpu_count(), **measured(Path(folder), count, asked.size)}))


def measured(folder: Path, count: int, size: int) -> dict[str, object]:
    """The figures of one size."""
    simulate(folder, count, size)
    cache, index = PixelCache(size, folder), index_path(folder, size)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        before, _ = pool.apply(peak_of_preparing, (folder, 1, size))
        peak, seconds = pool.apply(peak_of_preparing, (folder, count, size))
    numbers = np.random.default_rng(1).integers(count, size=TURNS).tolist()
    images = CachedOnly(count)
    look_ups = [timed(partial(cache.rows, Subset(images, np.array([number])))) for number in numbers]
    with closing(IndexWriter(index, count + TURNS * PER_COMMIT)) as writer:
        adds = [timed(partial(add, writer, count + turn * PER_COMMIT, PER_COMMIT)) for turn in range(TURNS)]
    return {
        "images": count,
        "size": size,
        "pixels_gb": round(pixel_path(folder, size).stat().st_size / 1e9, 1),
        "index_mb": round(index.stat().st_size / 1e6, 1),
        "prepare_seconds": round(seconds, 2),
        "prepare_peak_mb": round(peak),
        "prepare_peak_mb_of_one_image": round(before),
        "open_ms": round(1000 * timed(lambda: IndexWriter(index, count + TURNS * PER_COMMIT).close()), 2),
        "look_up_ms": round(1000 * statistics.median(look_ups), 2),
        "add_256_ms": round(1000 * statistics.median(adds), 2),
    }


def simulate(folder: Path, count: int, size: int) -> None:
    """A sparse file of pixels and its index."""
    with pixel_path(folder, size).open("wb") as file:
        file.truncate((count + TURNS * PER_COMMIT) * size * size * 3)
    with closing(IndexWriter(index_path(folder, size), count)) as writer:
        for start in range(0, count, 50_000):
            add(writer, start, min(50_000, count - start))


def add(writer: IndexWriter, first: int, count: int) -> None:
    """Commit rows with random digests."""
    digests = np.random.default_rng(first).bytes(16 * count)
    each = [digests[16 * number : 16 * number + 16] for number in range(count)]
    images = CachedOnly(count, first)
    tokens = [(token_key(images.token(number)), digest, None) for number, digest in enumerate(each)]
    rows = [CacheRow(digest, writer.next_row + number, digest, 600, 450) for number, digest in enumerate(each)]
    writer.add(rows, tokens, dict.fromkeys(each, 1))


def peak_of_preparing(folder: Path, count: int, size: int) -> tuple[float, float]:
    """Prepare the images; the peak of this process's memory in MB, and seconds."""
    seconds = timed(lambda: PixelCache(size, folder).prepare(CachedOnly(count)))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000, seconds


def timed(work: Callable[[], object]) -> float:
    """Wall seconds of some work."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
