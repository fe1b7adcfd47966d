"""Decoded images on disk, so that each is decoded once: uint8 pixels of one square size, mapped into memory.

Keyed by content, shared by all sessions. Pixels are appended to `pixels-S.u8` and fsynced, then committed to
`index-S.sqlite`: a crash at any moment leaves either a whole row or none. Knows no labels.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import IO

import numpy as np
import platformdirs
from numpy.typing import NDArray
from PIL import Image

from alc_tui.data.cache.disk import disk_errors, locked
from alc_tui.data.cache.index import IndexWriter, Known, Row, key_of, lookup
from alc_tui.data.dataset import ImageSource
from alc_tui.data.images import BadImage, UnreadFile, decode, read_file, square
from alc_tui.data.paths import expand_home
from alc_tui.errors import AlcError, UsageError

_IMAGES_PER_COMMIT = 256
_BYTES_PER_COMMIT = 64 * 2**20
_JOBS_PER_WORKER = 4


@dataclass(frozen=True)
class Bad:
    """An image that cannot be used, and why."""

    index: int
    locator: str
    reason: str


@dataclass(frozen=True)
class Prepared:
    """Where the images of a source lie in the cache.

    rows: int64[n], positions in `PixelCache.pixels()`, −1 for a bad image.
    bad: the bad images, by position. twins: sorted positions of images with the same full-size pixels.
    """

    rows: NDArray[np.int64]
    bad: tuple[Bad, ...]
    twins: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class _Decoded:
    """One image on its way into the cache; no pixels if its content is there already or bad."""

    index: int
    digest: bytes | None = None
    pixels: NDArray[np.uint8] | None = None
    pixels_digest: bytes = b""
    width: int = 0
    height: int = 0
    error: str | None = None
    lasting: bool = True


class PixelCache:
    """The cache of one size: uint8[rows, size, size, 3].

    size: pixels per side, at least 1. folder: where it lies, default `cache_folder()`.
    """

    def __init__(self, size: int, folder: Path | None = None) -> None:
        if size < 1:
            raise UsageError(f"The image size {size} is out of range: give a number of pixels of at least 1.")
        self.size = size
        self.folder = cache_folder() if folder is None else folder
        self._pixel_file = self.folder / f"pixels-{size}.u8"
        self._index_file = self.folder / f"index-{size}.sqlite"
        self._row_bytes = size * size * 3

    def prepare(
        self,
        images: ImageSource,
        progress: Callable[[int, int], None] | None = None,
        workers: int | None = None,
    ) -> Prepared:
        """Decode what is not in the cache yet, and say where everything lies.

        progress: called with (images done, images to decode); not called if all are there. workers: threads,
        default one per core. Waits while another process writes. Interrupted, it keeps what is done.
        Raises AlcError if the cache cannot be written.
        """
        keys = _keys(images)
        known = self._lookup(keys)
        failures: dict[int, str] = {}
        if any(key not in known for key in keys):
            with closing(self._lock()):
                known = self._lookup(keys)  # the writer that was waited for may have done the work
                missing = [index for index, key in enumerate(keys) if key not in known]
                failures = self._fill(images, keys, missing, progress, workers or _cores())
            known = self._lookup(keys)
        return _prepared(images, keys, known, failures)

    def rows(self, images: ImageSource) -> NDArray[np.int64]:
        """int64[n], the rows of images that were prepared; raises AlcError if one is missing or bad."""
        keys = _keys(images)
        known = self._lookup(keys)
        absent = [index for index, key in enumerate(keys) if key not in known]
        if absent:
            raise AlcError(
                f"{len(absent)} of {len(keys)} images are not decoded at {self.size} px in {self.folder}, "
                f"the first is {images.locator(absent[0])!r}: run `alc dataset prepare` first."
            )
        for index, key in enumerate(keys):
            if known[key].error is not None:
                raise AlcError(
                    f"The image {images.locator(index)!r} cannot be used ({known[key].error}): replace "
                    "it, then run `alc dataset prepare`."
                )
        return np.array([known[key].row for key in keys], dtype=np.int64)

    def pixels(self) -> NDArray[np.uint8]:
        """uint8[rows, size, size, 3], read-only and mapped into memory; rows are those `prepare` told."""
        count = self._whole_rows()
        if not count:
            return np.empty((0, self.size, self.size, 3), dtype=np.uint8)
        with disk_errors(self.folder):
            return np.memmap(self._pixel_file, np.uint8, "r", shape=(count, self.size, self.size, 3))

    def nbytes(self) -> int:
        """Bytes on disk of this size's pixels and index."""
        return sum(path.stat().st_size for path in (self._pixel_file, self._index_file) if path.exists())

    def _whole_rows(self) -> int:
        return self._pixel_file.stat().st_size // self._row_bytes if self._pixel_file.exists() else 0

    def _lookup(self, keys: Sequence[bytes]) -> dict[bytes, Known]:
        with disk_errors(self.folder):
            return lookup(self._index_file, keys, self._whole_rows())

    def _lock(self) -> IO[bytes]:
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            return locked(self.folder / f"lock-{self.size}", wait=True)

    def _fill(
        self,
        images: ImageSource,
        keys: Sequence[bytes],
        missing: Sequence[int],
        progress: Callable[[int, int], None] | None,
        workers: int,
    ) -> dict[int, str]:
        """Decode the `missing` images and commit them; returns the failures that may pass, by position."""
        with disk_errors(self.folder):
            self._pixel_file.touch()
            index = IndexWriter(self._index_file, self._whole_rows())
        limit = max(1, min(_IMAGES_PER_COMMIT, _BYTES_PER_COMMIT // self._row_bytes))
        waiting: list[_Decoded] = []
        failures: dict[int, str] = {}
        with closing(index), ThreadPoolExecutor(workers) as pool:
            results = _in_order(pool, lambda i: self._decode(images, i, index.digests), missing, workers)
            try:
                for done, result in enumerate(results, start=1):
                    if result.error is not None and not result.lasting:
                        failures[result.index] = result.error
                    else:
                        waiting.append(result)
                    if len(waiting) >= limit:
                        self._commit(index, keys, waiting)
                        waiting = []
                    if progress is not None:
                        progress(done, len(missing))
            finally:
                results.close()
                self._commit(index, keys, waiting)
        return failures

    def _decode(self, images: ImageSource, index: int, stored: set[bytes]) -> _Decoded:
        try:
            path = images.path(index)
            if path is None:
                image = images.read(index)
                digest = _pixels_digest(image)
                pixels_digest = digest
            else:
                content = read_file(path)
                digest = blake2b(content, digest_size=16).digest()
                if digest in stored:
                    return _Decoded(index, digest)
                image = decode(content)
                pixels_digest = _pixels_digest(image)
        except BadImage as problem:
            return _Decoded(index, error=str(problem), lasting=not isinstance(problem, UnreadFile))
        return _Decoded(index, digest, square(image, self.size), pixels_digest, image.width, image.height)

    def _commit(self, index: IndexWriter, keys: Sequence[bytes], decoded: Sequence[_Decoded]) -> None:
        rows: dict[bytes, Row] = {}
        with disk_errors(self.folder):
            with self._pixel_file.open("r+b") as file:
                file.seek(index.next_row * self._row_bytes)
                for image in decoded:
                    digest, pixels = image.digest, image.pixels
                    if digest is None or pixels is None or digest in index.digests or digest in rows:
                        continue
                    file.write(pixels.tobytes())
                    row = index.next_row + len(rows)
                    rows[digest] = Row(digest, row, image.pixels_digest, image.width, image.height)
                file.flush()
                os.fsync(file.fileno())
            index.add(rows.values(), [(keys[image.index], image.digest, image.error) for image in decoded])


def cache_folder() -> Path:
    """Where decoded images lie: `ALC_CACHE`, else the user's cache folder."""
    named = os.environ.get("ALC_CACHE")
    return expand_home(Path(named)) if named else Path(platformdirs.user_cache_dir("alc"))


def cache_size(folder: Path | None = None) -> int:
    """Bytes on disk of the whole cache."""
    return sum(path.stat().st_size for path in _files(folder))


def clear(folder: Path | None = None) -> int:
    """Delete the whole cache and return the bytes freed; raises AlcError while a process is writing to it."""
    freed = 0
    folder = cache_folder() if folder is None else folder
    for size in sorted({path.stem.split("-")[1] for path in _files(folder)}):
        with disk_errors(folder), closing(locked(folder / f"lock-{size}", wait=False)):
            for path in _files(folder, size):
                freed += path.stat().st_size
                path.unlink()
    return freed


def _files(folder: Path | None, size: str = "*") -> list[Path]:
    folder = cache_folder() if folder is None else folder
    patterns = (f"pixels-{size}.u8", f"index-{size}.sqlite", f"index-{size}.sqlite-journal")
    return [path for pattern in patterns for path in folder.glob(pattern)]


def _keys(images: ImageSource) -> list[bytes]:
    return [key_of(images.token(index)) for index in range(len(images))]


def _prepared(
    images: ImageSource, keys: Sequence[bytes], known: dict[bytes, Known], failures: dict[int, str]
) -> Prepared:
    rows = np.full(len(keys), -1, dtype=np.int64)
    bad: list[Bad] = []
    same: dict[bytes, list[int]] = {}
    for index, key in enumerate(keys):
        found = known.get(key)
        if found is not None and found.error is None:
            rows[index] = found.row
            same.setdefault(found.pixels_digest, []).append(index)
        else:
            reason = failures.get(index, "changed while it was read") if found is None else found.error
            bad.append(Bad(index, images.locator(index), reason or ""))
    return Prepared(rows, tuple(bad), tuple(tuple(group) for group in same.values() if len(group) > 1))


def _in_order(
    pool: ThreadPoolExecutor, job: Callable[[int], _Decoded], indices: Sequence[int], workers: int
) -> Generator[_Decoded]:
    """The job's results in order, with few of them in memory; closed early, it starts no more jobs."""
    running: deque[Future[_Decoded]] = deque()
    try:
        for index in indices:
            running.append(pool.submit(job, index))
            if len(running) >= _JOBS_PER_WORKER * workers:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        for future in running:
            future.cancel()


def _pixels_digest(image: Image.Image) -> bytes:
    digest = blake2b(f"{image.width}×{image.height}".encode(), digest_size=16)
    digest.update(image.tobytes())
    return digest.digest()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
