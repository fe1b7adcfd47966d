"""Decodes images for the cache in several threads. Does not access the cache files."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Collection, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alc_tui.data.dataset import ImageSource
from alc_tui.data.images import BadImageError, UnreadableFileError, decode, read_file, square

_JOBS_PER_WORKER = 4


@dataclass(frozen=True)
class DecodedImage:
    """A decoded image to be cached.

    index: its position in the source. digest: of its content, None if the image is bad. pixels: uint8[S, S, 3], None if
    the image is already cached or bad. pixels_digest, width, height: of the full-size pixels. error: why the image is
    bad. is_lasting: False if a later attempt may succeed, for example for a missing file.
    """

    index: int
    digest: bytes | None = None
    pixels: NDArray[np.uint8] | None = None
    pixels_digest: bytes = b""
    width: int = 0
    height: int = 0
    error: str | None = None
    is_lasting: bool = True


def decode_image(images: ImageSource, index: int, size: int, cached: Collection[bytes]) -> DecodedImage:
    """Decode the image at `index`, resized to `size` pixels per side. cached: digests of contents to skip."""
    try:
        path = images.path(index)
        if path is None:
            image = images.read(index)
            digest = pixels_digest = _digest_of_pixels(image)
        else:
            content = read_file(path)
            digest = blake2b(content, digest_size=16).digest()
            if digest in cached:
                return DecodedImage(index, digest)
            image = decode(content)
            pixels_digest = _digest_of_pixels(image)
    except BadImageError as error:
        return DecodedImage(index, error=str(error), is_lasting=not isinstance(error, UnreadableFileError))
    return DecodedImage(index, digest, square(image, size), pixels_digest, image.width, image.height)


def decode_images(
    images: ImageSource, indices: Sequence[int], size: int, cached: Collection[bytes], workers: int | None
) -> Generator[DecodedImage]:
    """Decode the images at `indices` in order, keeping only a few in memory; closing the generator early starts no
    further jobs.

    workers: threads, None for one per core. cached: as for `decode_image`; it may grow during iteration.
    """
    workers = workers or _cores()
    running: deque[Future[DecodedImage]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for index in indices:
                running.append(pool.submit(decode_image, images, index, size, cached))
                if len(running) >= _JOBS_PER_WORKER * workers:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()


def _digest_of_pixels(image: Image.Image) -> bytes:
    digest = blake2b(f"{image.width}×{image.height}".encode(), digest_size=16)
    digest.update(image.tobytes())
    return digest.digest()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
