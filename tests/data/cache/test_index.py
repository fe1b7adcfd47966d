from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from alc_tui.data.cache.index import CacheRow, IndexWriter, lookup


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An index of 2,000 contents; token n is that of content n, and of row 2n; every tenth has two frames."""
    with closing(IndexWriter(tmp_path / "index.sqlite", 4_000)) as writer:
        rows = [CacheRow(key(number), 2 * number, key(number + 7), 6, 4) for number in range(2_000)]
        frames = {key(number): 1 + (number % 10 == 0) for number in range(2_000)}
        writer.add(rows, [(key(number), key(number), None) for number in range(2_000)], frames)
        writer.add([], [(key(5_000), None, "truncated")])
    return tmp_path / "index.sqlite"


@pytest.fixture
def writer(path: Path) -> Iterator[IndexWriter]:
    with closing(IndexWriter(path, 4_000)) as opened:
        yield opened


def test_entries_come_by_position_for_any_number_of_keys_in_any_order(path: Path) -> None:
    numbers = [1_999, 3, 7_777, 10, 5_000, *range(1_500), 3]
    entries = lookup(path, [key(number) for number in numbers], 4_000)
    assert entries.rows[:5].tolist() == [3_998, 6, -1, 20, -1] and entries.rows[-1] == 6
    assert entries.frames[:5].tolist() == [1, 1, 0, 2, 0] and entries.pixels[1].tobytes() == key(10)
    assert entries.errors == {4: "truncated"} and entries.missing().tolist() == [2]


def test_rows_beyond_the_end_of_the_pixel_file_do_not_count(path: Path) -> None:
    entries = lookup(path, [key(1), key(2), key(3)], 5)
    assert entries.rows.tolist() == [2, 4, -1] and entries.missing().tolist() == [2]


def test_an_index_that_does_not_exist_has_no_entries(tmp_path: Path) -> None:
    assert lookup(tmp_path / "none.sqlite", [key(1)], 9).missing().tolist() == [0]


def test_any_thread_sees_which_contents_are_there_as_they_are_added(writer: IndexWriter) -> None:
    with ThreadPoolExecutor(8) as pool:
        contents = [key(number) for number in range(1_990, 2_010)]
        assert list(pool.map(writer.digests.__contains__, contents)) == [True] * 10 + [False] * 10
        writer.add([CacheRow(key(2_003), writer.next_row, b"", 1, 1)], [])
        assert list(pool.map(writer.digests.__contains__, contents[10:14])) == [False] * 3 + [True]
    assert writer.next_row == 4_000
