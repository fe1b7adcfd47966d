from __future__ import annotations

import ctypes
import mmap
import os
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alc_tui.data.cache.read_ahead import ReadAhead

ROW = 5 * mmap.PAGESIZE // 2


class Recorded(ReadAhead):
    """Keeps what it announces."""

    def __init__(self, stored: NDArray[np.uint8]) -> None:
        super().__init__(stored)
        self.announced: list[int] = []

    def announce(self, rows: NDArray[np.int64]) -> None:
        self.announced += rows.tolist()


BATCHES = [np.array([4, 1]), np.array([0, 3]), np.array([2]), np.array([5, 6])]


@pytest.mark.parametrize(
    ("ahead", "announced"), [(0, [2, 4, 5, 7]), (20, [2, 4, 7, 7]), (21, [4, 5, 7, 7]), (999, [7] * 4)]
)
def test_the_batches_come_in_order_and_as_many_bytes_are_announced_before(ahead: int, announced: list[int]) -> None:
    reader, counts = Recorded(np.zeros((7, 10), dtype=np.uint8)), []
    for batch, expected in zip(reader.over(BATCHES, ahead), BATCHES, strict=True):
        assert batch is expected and set(batch.tolist()) <= set(reader.announced)
        counts.append(len(reader.announced))
    assert counts == announced and reader.announced == [4, 1, 0, 3, 2, 5, 6]


def test_an_array_in_memory_needs_nothing_to_be_read() -> None:
    stored = np.zeros((3, 4), dtype=np.uint8)
    ReadAhead(stored).announce(np.array([2, 0]))
    assert list(ReadAhead(stored[:0]).over([])) == []


def test_the_rows_are_in_memory_before_anything_touches_them(tmp_path: Path) -> None:
    path = tmp_path / "pixels.u8"
    path.write_bytes(os.urandom(400 * ROW))
    stored = np.memmap(path, np.uint8, "r", shape=(400, ROW))
    forget(path)
    if in_memory(stored).mean() > 0.1:
        pytest.skip("this system keeps its files in memory, or says so")
    rows = np.array([300, 7])
    ReadAhead(stored).announce(rows)
    deadline = time.monotonic() + 20
    pages = np.concatenate(
        [np.arange(row * ROW // mmap.PAGESIZE, ((row + 1) * ROW - 1) // mmap.PAGESIZE + 1) for row in rows]
    )
    while not in_memory(stored)[pages].all():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert in_memory(stored).mean() < 0.5


def forget(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def in_memory(stored: np.memmap) -> NDArray[np.bool_]:
    """Which pages of a mapped file are in memory."""
    pages = -(-stored.nbytes // mmap.PAGESIZE)
    states = np.zeros(pages, dtype=np.uint8)
    where = [ctypes.c_void_p(stored.ctypes.data), ctypes.c_size_t(stored.nbytes), ctypes.c_void_p(states.ctypes.data)]
    assert ctypes.CDLL(None).mincore(*where) == 0
    return np.asarray(states & 1, dtype=np.bool_)
