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
from alc_tui.data.cache.index import Entries, IndexWriter, content_digests, lookup, token_key
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
        entries, outdated = self._without_outdated(images, keys, self._lookup(keys))
        failures: dict[int, str] = {}
        if len(entries.missing()):
            with closing(self._lock()):
                entries = self._lookup(keys, outdated)  # the writer that held the lock may have done the work
                failures = self._fill(images, keys, entries.missing().tolist(), on_progress, workers)
            entries = self._lookup(keys, outdated)
        return _prepared(images, entries, failures)

    def rows(self, images: ImageSource) -> NDArray[np.int64]:
        """int64[n], the rows of prepared images; raises AlcError if one is missing or bad."""
        keys = _keys(images)
        entries = self._lookup(keys)
        missing = entries.missing()
        if len(missing):
            raise AlcError(
                f"{len(missing)} of {len(keys)} images are not decoded at {self.size} px in {self.folder} "
                f"(the first is {images.locator(int(missing[0]))!r}); run `alc dataset prepare` first."
            )
        if entries.errors:
            index = min(entries.errors)
            raise AlcError(
                f"The image {images.locator(index)!r} cannot be used ({entries.errors[index]}); replace it, then run "
                "`alc dataset prepare`."
            )
        return entries.rows

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

    def _lookup(self, keys: Sequence[bytes], outdated: Collection[bytes] = ()) -> Entries:
        """The entries of these keys. Other reasons than `LASTING`, which versions up to 0.4 recorded, do not count, nor
        do entries of `outdated` keys that were not replaced."""
        with disk_errors(self.folder):
            entries = lookup(self._index_file, keys, self._whole_rows())
        for position, error in list(entries.errors.items()):
            if error not in LASTING:
                del entries.errors[position]
        if outdated:
            for position in np.flatnonzero(entries.frames == 0).tolist():
                if keys[position] in outdated:
                    entries.rows[position] = -1
        return entries

    def _without_outdated(
        self, images: ImageSource, keys: Sequence[bytes], entries: Entries
    ) -> tuple[Entries, set[bytes]]:
        """The entries, and the keys of images that an earlier version decoded in another way, without their entries;
        the headers of others are recorded."""
        headers = unrecorded_headers(images, keys, entries)
        frames = {key: header.frames for key, header in headers.items() if not header.is_deep}
        if frames:
            with suppress(AlcError):  # without a record, the headers are read again the next time
                self._record(frames)
        outdated = headers.keys() - frames.keys()
        return self._lookup(keys, outdated) if headers else entries, outdated

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


def _prepared(images: ImageSource, entries: Entries, failures: Mapping[int, str]) -> PreparedImages:
    bad = [
        BadImage(
            index, images.locator(index), entries.errors.get(index) or failures.get(index, "changed while it was read")
        )
        for index in np.flatnonzero(entries.rows < 0).tolist()
    ]
    left_out = [
        FramesLeftOut(index, locator, int(entries.frames[index]))
        for index in np.flatnonzero((entries.rows >= 0) & (entries.frames > 1)).tolist()
        if frame_of(locator := images.locator(index)) is None
    ]
    return PreparedImages(entries.rows, tuple(bad), _duplicates(entries), tuple(left_out))


def _duplicates(entries: Entries) -> tuple[tuple[int, ...], ...]:
    """Sorted positions of images with identical full-size pixels, in the order of the first ones."""
    positions = np.flatnonzero(entries.rows >= 0)
    halves = entries.pixels[positions].view(np.uint64)
    order = np.lexsort((halves[:, 1], halves[:, 0]))
    is_same = (halves[order[1:]] == halves[order[:-1]]).all(1)
    starts = np.flatnonzero(np.concatenate([[True], ~is_same])) if len(order) else order
    sizes = np.diff(np.append(starts, len(order)))
    groups = [
        tuple(positions[order[start : start + size]].tolist())
        for start, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True)
    ]
    return tuple(sorted(groups))
