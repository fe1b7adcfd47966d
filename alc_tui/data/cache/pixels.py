"""Decoded images on disk: uint8 pixels of one square size, memory-mapped. Independent of labels.

Keyed by content and shared by all sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.cache.decoding import decode_images
from alc_tui.data.cache.disk import acquire_lock, disk_errors
from alc_tui.data.cache.earlier import unrecorded_headers
from alc_tui.data.cache.folder import cache_folder, index_path, lock_path, pixel_path
from alc_tui.data.cache.index import IndexEntry, IndexWriter, content_digests, lookup, token_key
from alc_tui.data.cache.writer import IMAGES_PER_COMMIT, CacheWriter
from alc_tui.data.dataset import ImageSource
from alc_tui.data.files.lock import FileLock
from alc_tui.data.files.shared import make_folder
from alc_tui.data.images import LASTING, frame_of
from alc_tui.errors import AlcError, UsageError

OnProgress = Callable[[int, int], None]
"""Called with (images done, total images)."""


@dataclass(frozen=True)
class BadImage:
    """An image that cannot be used, and why. index: its position in the source."""

    index: int
    locator: str
    reason: str


@dataclass(frozen=True)
class FramesLeftOut:
    """A file of which the first page or frame is used because none is named. index: its position in the source.
    frames: how many it has."""

    index: int
    locator: str
    frames: int


@dataclass(frozen=True)
class PreparedImages:
    """Where the images of a source are stored in the cache.

    rows: int64[n], positions in `PixelCache.pixels()`, −1 for a bad image. bad: the bad images, by position.
    duplicates: sorted positions of images with identical full-size pixels. frames_left_out: files with several pages or
    frames, by position.
    """

    rows: NDArray[np.int64]
    bad: tuple[BadImage, ...]
    duplicates: tuple[tuple[int, ...], ...]
    frames_left_out: tuple[FramesLeftOut, ...] = ()


class PixelCache:
    """The cache at one size: uint8[rows, size, size, 3].

    size: pixels per side, at least 1. folder: default `cache_folder()`. images_per_commit: see `CacheWriter`.
    """

    def __init__(self, size: int, folder: Path | None = None, images_per_commit: int = IMAGES_PER_COMMIT) -> None:
        if size < 1:
            raise UsageError(f"The image size {size} is out of range; specify at least 1 pixel.")
        self.size = size
        self.folder = cache_folder() if folder is None else folder
        self._images_per_commit = images_per_commit
        self._pixel_file = pixel_path(self.folder, size)
        self._index_file = index_path(self.folder, size)

    def prepare(
        self, images: ImageSource, on_progress: OnProgress | None = None, workers: int | None = None
    ) -> PreparedImages:
        """Decode the images that are not cached yet, and return where all images are stored.

        on_progress: called after each decoded image; not called if all are cached. workers: threads, None for one per
        core. Waits while another process writes. If interrupted, it keeps the images decoded so far. Images that an
        earlier version decoded in another way are decoded again. Raises AlcError if the cache cannot be written.
        """
        keys = _keys(images)
        outdated = self._outdated(images, keys)
        entries = self._lookup(keys, outdated)
        failures: dict[int, str] = {}
        if any(key not in entries for key in keys):
            with closing(self._lock()):
                entries = self._lookup(keys, outdated)  # the writer that held the lock may have done the work
                missing = [index for index, key in enumerate(keys) if key not in entries]
                failures = self._fill(images, keys, missing, on_progress, workers)
            entries = self._lookup(keys, outdated)
        return _prepared(images, keys, entries, failures)

    def rows(self, images: ImageSource) -> NDArray[np.int64]:
        """int64[n], the rows of prepared images; raises AlcError if one is missing or bad."""
        keys = _keys(images)
        entries = self._lookup(keys)
        missing = [index for index, key in enumerate(keys) if key not in entries]
        if missing:
            raise AlcError(
                f"{len(missing)} of {len(keys)} images are not decoded at {self.size} px in {self.folder} "
                f"(the first is {images.locator(missing[0])!r}); run `alc dataset prepare` first."
            )
        for index, key in enumerate(keys):
            if entries[key].error is not None:
                raise AlcError(
                    f"The image {images.locator(index)!r} cannot be used ({entries[key].error}); replace "
                    "it, then run `alc dataset prepare`."
                )
        return np.array([entries[key].row for key in keys], dtype=np.int64)

    def digests(self, images: ImageSource) -> NDArray[np.uint8]:
        """uint8[n, 16], the digests of the contents of prepared images, see `decode_image`; zeros for a bad image."""
        keys = _keys(images)
        with disk_errors(self.folder):
            known = content_digests(self._index_file, keys)
        blank = bytes(16)
        found = b"".join(known.get(key, blank) for key in keys)
        return np.frombuffer(found, dtype=np.uint8).reshape(len(keys), 16)

    def pixels(self) -> NDArray[np.uint8]:
        """uint8[rows, size, size, 3], read-only and mapped into memory, indexed by the rows of `prepare`."""
        count = self._whole_rows()
        if not count:
            return np.empty((0, self.size, self.size, 3), dtype=np.uint8)
        with disk_errors(self.folder):
            return np.memmap(self._pixel_file, np.uint8, "r", shape=(count, self.size, self.size, 3))

    def nbytes(self) -> int:
        """Size of the pixel file and the index on disk, in bytes."""
        return sum(path.stat().st_size for path in (self._pixel_file, self._index_file) if path.exists())

    def _whole_rows(self) -> int:
        row_bytes = self.size * self.size * 3
        return self._pixel_file.stat().st_size // row_bytes if self._pixel_file.exists() else 0

    def _lookup(self, keys: Sequence[bytes], outdated: Collection[bytes] = ()) -> dict[bytes, IndexEntry]:
        """The entries of these keys. Other reasons than `LASTING`, which versions up to 0.4 recorded, do not count, nor
        do entries of `outdated` keys that were not replaced."""
        with disk_errors(self.folder):
            entries = lookup(self._index_file, keys, self._whole_rows())
        return {
            key: entry
            for key, entry in entries.items()
            if (entry.error in LASTING if entry.error is not None else entry.frames is not None or key not in outdated)
        }

    def _outdated(self, images: ImageSource, keys: Sequence[bytes]) -> set[bytes]:
        """The keys of images that an earlier version decoded in another way; the headers of others are recorded."""
        headers = unrecorded_headers(images, keys, self._lookup(keys))
        frames = {key: header.frames for key, header in headers.items() if not header.is_deep}
        if frames:
            with suppress(AlcError):  # without a record, the headers are read again the next time
                self._record(frames)
        return headers.keys() - frames.keys()

    def _record(self, frames: Mapping[bytes, int]) -> None:
        with disk_errors(self.folder), closing(acquire_lock(lock_path(self.folder, self.size), wait=False)):
            digests = content_digests(self._index_file, list(frames))
            with closing(IndexWriter(self._index_file, self._whole_rows())) as index:
                index.add((), (), {digest: frames[key] for key, digest in digests.items()})

    def _lock(self) -> FileLock:
        with disk_errors(self.folder):
            make_folder(self.folder)
            return acquire_lock(lock_path(self.folder, self.size), wait=True)

    def _fill(
        self,
        images: ImageSource,
        keys: Sequence[bytes],
        missing: Sequence[int],
        on_progress: OnProgress | None,
        workers: int | None,
    ) -> dict[int, str]:
        """Decode the `missing` images and commit them; returns transient errors by position."""
        failures: dict[int, str] = {}
        with closing(CacheWriter(self.folder, self.size, self._images_per_commit)) as writer:
            decoded = decode_images(images, missing, self.size, writer.digests, workers)
            try:
                for done, image in enumerate(decoded, start=1):
                    if image.error is not None and image.error not in LASTING:
                        failures[image.index] = image.error
                    else:
                        writer.add(keys[image.index], image)
                    if on_progress is not None:
                        on_progress(done, len(missing))
            finally:
                decoded.close()
                writer.commit()
        return failures


def _keys(images: ImageSource) -> list[bytes]:
    return [token_key(images.token(index)) for index in range(len(images))]


def _prepared(
    images: ImageSource, keys: Sequence[bytes], entries: dict[bytes, IndexEntry], failures: dict[int, str]
) -> PreparedImages:
    rows = np.full(len(keys), -1, dtype=np.int64)
    bad: list[BadImage] = []
    by_pixels: dict[bytes, list[int]] = {}
    left_out: list[FramesLeftOut] = []
    for index, key in enumerate(keys):
        entry = entries.get(key)
        if entry is not None and entry.error is None:
            rows[index] = entry.row
            by_pixels.setdefault(entry.pixels_digest, []).append(index)
            locator = images.locator(index)
            if (entry.frames or 1) > 1 and frame_of(locator) is None:
                left_out.append(FramesLeftOut(index, locator, entry.frames or 1))
        else:
            reason = failures.get(index, "changed while it was read") if entry is None else entry.error
            bad.append(BadImage(index, images.locator(index), reason or ""))
    duplicates = tuple(tuple(group) for group in by_pixels.values() if len(group) > 1)
    return PreparedImages(rows, tuple(bad), duplicates, tuple(left_out))
