"""Features on disk: float32 rows of one length, memory-mapped, by the content of the image. Independent of torch.

Features are flushed to disk first, then committed to the index: a crash at any time leaves either a row or none.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.cache.disk import acquire_lock, disk_errors
from alc_tui.data.cache.folder import cache_folder, feature_path, index_path, lock_path
from alc_tui.data.cache.index import CacheRow, IndexWriter, lookup
from alc_tui.data.files.atomic import flush_to_disk
from alc_tui.data.files.shared import make_folder, open_to_write

IMAGES_PER_COMMIT = 128

Compute = Callable[[NDArray[np.int64]], NDArray[np.float32]]
"""The features float32[b, D] of the images at these positions int64[b]."""
OnProgress = Callable[[int, int], None]
"""Called with (images done, total images)."""


class FeatureCache:
    """The features that one way of computing them gives.

    key: letters and digits that identify this way. dimensions: D ≥ 1. folder: default `cache_folder()`.
    """

    def __init__(self, key: str, dimensions: int, folder: Path | None = None) -> None:
        self.folder = cache_folder() if folder is None else folder
        self._dimensions = dimensions
        self._file, self._index = feature_path(self.folder, key), index_path(self.folder, key)
        self._lock = lock_path(self.folder, key)

    def prepare(
        self,
        digests: NDArray[np.uint8],
        compute: Compute,
        on_progress: OnProgress | None = None,
        processes: int = 1,
    ) -> NDArray[np.float32]:
        """The features float32[n, D] of the images with these contents; those not in the cache are computed first.

        digests: uint8[n, 16], of the contents. compute: called with positions of at most IMAGES_PER_COMMIT images for
        each of the processes that share the work, each content once, in order; the batches after an interruption are
        those that were left. Waits while another process writes. Raises AlcError if the cache cannot be written.
        """
        keys = [digest.tobytes() for digest in digests]
        if (self._rows(keys) < 0).any():
            with disk_errors(self.folder):
                make_folder(self.folder)
                lock = acquire_lock(self._lock, wait=True)
            with closing(lock):
                self._fill(keys, compute, on_progress, IMAGES_PER_COMMIT * processes)
        rows = self._rows(keys)
        with disk_errors(self.folder):
            stored = np.memmap(self._file, np.float32, "r", shape=(self._whole_rows(), self._dimensions))
            features: NDArray[np.float32] = stored[rows]
        return features

    def _fill(self, keys: list[bytes], compute: Compute, on_progress: OnProgress | None, at_once: int) -> None:
        rows = self._rows(keys)  # the writer that held the lock may have done the work
        positions = {keys[position]: position for position in np.flatnonzero(rows < 0)[::-1].tolist()}
        missing = np.sort(np.array(list(positions.values()), dtype=np.int64))
        with disk_errors(self.folder):
            for path in (self._file, self._index):
                os.close(open_to_write(path, os.O_WRONLY))
            index = IndexWriter(self._index, self._whole_rows())
        with closing(index):
            for start in range(0, len(missing), at_once):
                batch = missing[start : start + at_once]
                features = compute(batch)
                with disk_errors(self.folder):
                    self._commit(index, [keys[position] for position in batch], features)
                if on_progress is not None:
                    on_progress(start + len(batch), len(missing))

    def _commit(self, index: IndexWriter, keys: list[bytes], features: NDArray[np.float32]) -> None:
        with self._file.open("r+b") as file:
            file.seek(index.next_row * self._row_bytes)
            file.write(features.astype(np.float32).tobytes())
            file.flush()
            flush_to_disk(file.fileno())
        rows = [CacheRow(key, index.next_row + place, b"", 0, 0) for place, key in enumerate(keys)]
        index.add(rows, [(key, key, None) for key in keys])

    def _rows(self, keys: list[bytes]) -> NDArray[np.int64]:
        """The rows of these contents, −1 for those that are not in the cache."""
        with disk_errors(self.folder):
            return lookup(self._index, keys, self._whole_rows()).rows

    @property
    def _row_bytes(self) -> int:
        return 4 * self._dimensions

    def _whole_rows(self) -> int:
        return self._file.stat().st_size // self._row_bytes if self._file.exists() else 0
