"""Appends decoded images to the cache: pixels are flushed to disk first, then committed to the index.

A crash at any time leaves either a complete row or none.
"""

from __future__ import annotations

import os
from pathlib import Path

from alc_tui.data.cache.decoding import DecodedImage
from alc_tui.data.cache.disk import disk_errors
from alc_tui.data.cache.folder import index_path, pixel_path
from alc_tui.data.cache.index import CacheRow, Digests, IndexWriter
from alc_tui.data.files.shared import open_to_write

IMAGES_PER_COMMIT = 256
_BYTES_PER_COMMIT = 64 * 2**20


class CacheWriter:
    """The single writer of the cache at one size; requires its lock.

    size: pixels per side. images_per_commit: number of images per committed batch; smaller for large images.
    Every method raises AlcError if writing to disk fails.
    """

    def __init__(self, folder: Path, size: int, images_per_commit: int = IMAGES_PER_COMMIT) -> None:
        self._folder, self._row_bytes = folder, size * size * 3
        self._pixel_file = pixel_path(folder, size)
        self._batch: list[tuple[bytes, DecodedImage]] = []
        self._limit = max(1, min(images_per_commit, _BYTES_PER_COMMIT // self._row_bytes))
        with disk_errors(folder):
            for path in (self._pixel_file, index_path(folder, size)):
                os.close(open_to_write(path, os.O_WRONLY))
            self._index = IndexWriter(index_path(folder, size), self._pixel_file.stat().st_size // self._row_bytes)

    @property
    def digests(self) -> Digests:
        """Digests of the contents in the cache; it grows with each commit."""
        return self._index.digests

    def add(self, key: bytes, image: DecodedImage) -> None:
        """Append an image under the key of its token, and commit the batch when it is full."""
        self._batch.append((key, image))
        if len(self._batch) >= self._limit:
            self.commit()

    def commit(self) -> None:
        """Write the batch to disk; if it is interrupted, the next call writes the batch again."""
        rows: dict[bytes, CacheRow] = {}
        with disk_errors(self._folder):
            with self._pixel_file.open("r+b") as file:
                file.seek(self._index.next_row * self._row_bytes)
                for _, image in self._batch:
                    digest, pixels = image.digest, image.pixels
                    if digest is None or pixels is None or digest in self.digests or digest in rows:
                        continue
                    file.write(pixels.tobytes())
                    row = self._index.next_row + len(rows)
                    rows[digest] = CacheRow(digest, row, image.pixels_digest, image.width, image.height)
                file.flush()
                os.fsync(file.fileno())
            self._index.add(
                rows.values(),
                [(key, image.digest, image.error) for key, image in self._batch],
                {image.digest: image.frames for _, image in self._batch if image.digest is not None},
            )
        self._batch = []

    def close(self) -> None:
        """Close the index; images that were not committed are lost."""
        self._index.close()
