"""Reading random batches of decoded images on a disk: MB/s with and without reading ahead, and the disk's own.

A file of random pixels is written, and the system is told to forget it before each measurement (`posix_fadvise`), so
that all of it comes from the disk. `disk` is what the disk itself gives: the whole file in order, in reads of 8 MiB,
and the same random rows by 16 threads that do nothing else. `mapped` copies the batches from the mapped file, as NumPy
does; `read_ahead` is what training does: `ReadAhead` announces the rows of the batches that follow. The file must be
on the disk in question: `--folder`. Prints one JSON line.

    python -m benchmarks.random_reads --folder /path/on/the/disk --gib 8
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.cache.read_ahead import ReadAhead
from alc_tui.model.batches import in_batches

SIDE, BATCH, THREADS, CHUNK = 256, 256, 16, 8 * 2**20
ROW_BYTES = SIDE * SIDE * 3


def main() -> None:
    """Write the file, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to measure")
    parser.add_argument("--gib", type=float, default=4.0, help="size of the file; larger than what the disk caches")
    parser.add_argument("--share", type=float, default=0.5, help="of the file that is read in each measurement")
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    asked = parser.parse_args()
    if asked.small:
        asked.gib = 0.01
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        path, rows = Path(folder) / "pixels.u8", max(4, int(asked.gib * 2**30) // ROW_BYTES)
        write(path, rows)
        pixels = np.memmap(path, np.uint8, "r", shape=(rows, SIDE, SIDE, 3))
        order = np.random.default_rng(1).permutation(rows)[: max(2, int(asked.share * rows))]
        batches = in_batches(order, BATCH)

        def copied(announced: bool) -> None:
            for batch in ReadAhead(pixels).over(batches) if announced else batches:
                np.array(pixels[batch])

        mb = len(order) * ROW_BYTES / 1e6
        result = {
            "cores": os.cpu_count(),
            "file_mb": round(rows * ROW_BYTES / 1e6),
            "read_mb": round(mb),
            "disk_in_order_mb_per_s": round(rows * ROW_BYTES / 1e6 / timed(path, lambda: read_in_order(path))),
            "disk_random_mb_per_s": round(mb / timed(path, lambda: read_rows(path, order))),
            "mapped_mb_per_s": round(mb / timed(path, lambda: copied(announced=False))),
            "read_ahead_mb_per_s": round(mb / timed(path, lambda: copied(announced=True))),
        }
    print(json.dumps(result))


def write(path: Path, rows: int) -> None:
    """Random bytes, which no disk compresses."""
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        for start in range(0, rows, BATCH):
            file.write(rng.bytes(ROW_BYTES * min(BATCH, rows - start)))
        file.flush()
        os.fsync(file.fileno())


def timed(path: Path, work: Callable[[], None]) -> float:
    """Wall seconds of some work on a file that is not in memory."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def read_in_order(path: Path) -> None:
    """The whole file."""
    buffer = bytearray(CHUNK)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def read_rows(path: Path, order: NDArray[np.int64]) -> None:
    """Rows in this order, by many threads at once."""
    with path.open("rb", buffering=0) as file, ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(lambda row: len(os.pread(file.fileno(), ROW_BYTES, row * ROW_BYTES)), order.tolist()):
            pass


if __name__ == "__main__":
    main()
