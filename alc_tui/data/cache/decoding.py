"""Decodes images for the cache in several threads. Does not access the cache files."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Container, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alc_tui.cores import available_cores
from alc_tui.data.dataset import HasContent, ImageSource, read_content
from alc_tui.data.images import (
    BadImageError,
    bands,
    decoded,
    frame_of,
    out_of_resources,
    read_header,
    square,
)

_JOBS_PER_WORKER = 4
_WAITING_BYTES = 256 * 2**20
"""How many bytes of decoded images may wait for the writer."""
_LARGE_BYTES = 32 * 2**20
_large_files = threading.Lock()
_DEEP = b"more than 8 bits: 1"
"""Identifies how images with more than 8 bits are decoded; when that changes, so must this."""


@dataclass(frozen=True)
class DecodedImage:
    """A decoded image to be cached.

    index: its position in the source. digest: of its content and of how it is decoded, None if the image is bad.
    content: the digest of its content alone. frames: how many pages or frames its file has, of which the first is
    decoded. pixels: uint8[S, S, 3], None if the image is already cached or bad. pixels_digest, width, height: of the
    full-size pixels. error: why the image is bad.
    """

    index: int
    digest: bytes | None = None
    content: bytes | None = None
    frames: int = 1
    pixels: NDArray[np.uint8] | None = None
    pixels_digest: bytes = b""
    width: int = 0
    height: int = 0
    error: str | None = None


def decode_image(images: ImageSource, index: int, size: int, cached: Container[bytes]) -> DecodedImage:
    """Decode the image at `index`, resized to `size` pixels per side. cached: digests of contents to skip."""
    try:
        with _turn(images.path(index)):
            content = read_content(images, index)
            if content is None:
                image = images.read(index)
                digest = _digest_of_pixels(image)
                return _shrunk(DecodedImage(index, digest, digest, pixels_digest=digest), image, size)
            frame = frame_of(images.locator(index))
            known = _identified(index, content, frame or 1)
            if known.digest in cached:
                return known
            with decoded(content, size, frame=frame or 1) as image:
                return _shrunk(replace(known, pixels_digest=_digest_of_pixels(image)), image, size)
    except BadImageError as error:
        return DecodedImage(index, error=str(error))
    except MemoryError as error:
        raise out_of_resources(error) from error


def decode_images(
    images: ImageSource, indices: Sequence[int], size: int, cached: Container[bytes], workers: int | None
) -> Generator[DecodedImage]:
    """Decode the images at `indices` in order, keeping only a few in memory; closing the generator early starts no
    further jobs.

    workers: threads, None for one per core, or as many as the source reads at once. cached: as for `decode_image`; it
    may grow during iteration, and several threads ask it.
    """
    workers = workers or max(available_cores(), (images.readers or 0) if isinstance(images, HasContent) else 0)
    limit = max(1, min(_JOBS_PER_WORKER * workers, _WAITING_BYTES // (size * size * 3)))
    running: deque[Future[DecodedImage]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for index in indices:
                running.append(pool.submit(decode_image, images, index, size, cached))
                if len(running) >= limit:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()


def _turn(path: Path | None) -> AbstractContextManager[object]:
    """Lets threads read large files one after another."""
    try:
        is_large = path is not None and path.stat().st_size > _LARGE_BYTES
    except (OSError, ValueError):
        is_large = False
    return _large_files if is_large else nullcontext()


def _digest_of_pixels(image: Image.Image) -> bytes:
    """16 bytes that identify the size and the pixels of an RGB image."""
    digest = blake2b(f"{image.width}×{image.height}".encode(), digest_size=16)
    for band in bands(image):
        digest.update(band.tobytes())
    return digest.digest()


def _identified(index: int, content: bytes, frame: int) -> DecodedImage:
    """The image in a frame of a file's content without its pixels."""
    digest = blake2b(content, digest_size=16).digest()
    header = read_header(content, frame)
    how = (_DEEP if header.is_deep else b"") + (f"frame {frame}".encode() if frame > 1 else b"")
    versioned = blake2b(digest + how, digest_size=16).digest() if how else digest
    return DecodedImage(index, versioned, digest, header.frames)


def _shrunk(known: DecodedImage, image: Image.Image, size: int) -> DecodedImage:
    """The decoded image with its pixels."""
    return replace(known, pixels=square(image, size), width=image.width, height=image.height)
