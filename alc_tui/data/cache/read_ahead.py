"""Has the system read rows of a memory-mapped file before they are used, so that many reads are under way at once."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

AHEAD_BYTES = 256 * 2**20
"""How many bytes of batches are read before they are used."""
_ADVICE = getattr(mmap, "MADV_WILLNEED", None)


class ReadAhead:
    """Announces rows of an array [M, …] that is a file mapped into memory. Does nothing for an array in memory.

    Without it, each page of a row is read when it is first touched, one after another.
    """

    def __init__(self, stored: NDArray[np.generic]) -> None:
        mapping = stored.base if isinstance(stored, np.memmap) and stored.offset == 0 else None
        self._mapping = mapping if isinstance(mapping, mmap.mmap) and _ADVICE is not None else None
        self._row_bytes = stored[0].nbytes if len(stored) else 0

    def announce(self, rows: NDArray[np.int64]) -> None:
        """Begin to read these rows, and return at once."""
        if self._mapping is None or _ADVICE is None:
            return
        for row in rows.tolist():
            start = row * self._row_bytes
            begin = start - start % mmap.PAGESIZE
            self._mapping.madvise(_ADVICE, begin, start + self._row_bytes - begin)

    def over(self, batches: Sequence[NDArray[np.int64]], ahead_bytes: int = AHEAD_BYTES) -> Iterator[NDArray[np.int64]]:
        """The batches int64[B] of rows in order, of which those that follow are announced, up to `ahead_bytes`."""
        announced = waiting = 0
        for number, batch in enumerate(batches):
            while announced < len(batches) and (announced <= number or waiting < ahead_bytes):
                self.announce(batches[announced])
                waiting += len(batches[announced]) * self._row_bytes
                announced += 1
            yield batch
            waiting -= len(batch) * self._row_bytes
