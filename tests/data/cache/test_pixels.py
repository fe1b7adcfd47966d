from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from PIL import Image
from PIL.ImageFile import ImageFile

from alc_tui.data.cache.folder import cache_folder, cache_size, clear
from alc_tui.data.cache.index import _TABLES
from alc_tui.data.cache.pixels import BadImage, PixelCache
from alc_tui.data.images import FileImages, square
from alc_tui.errors import AlcError, UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def grays(tmp_path: Path, put: Callable[..., Path]) -> FileImages:
    """Twelve images; image i has the gray value 10 · i."""
    return FileImages(tmp_path, [put(f"{i}.png", gray=10 * i).name for i in range(12)])


class Counting(FileImages):
    """Files that count how often their pixels' place was asked for."""

    asked = 0

    def path(self, index: int) -> Path:
        self.asked += 1
        return super().path(index)


class Drawn:
    """Images without files; image i has the gray value i modulo 256."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def read(self, index: int) -> Image.Image:
        return Image.new("RGB", (5, 5), (index % 256,) * 3)

    def token(self, index: int) -> str:
        return f"drawn|{index}"

    def locator(self, index: int) -> str:
        return f"drawn/{index}"

    def path(self, index: int) -> None:
        return None


def test_each_image_lies_in_its_row_squashed_to_the_size(grays: FileImages, folder: Path) -> None:
    cache = PixelCache(8, folder)
    prepared = cache.prepare(grays)
    pixels = cache.pixels()
    assert pixels.shape == (12, 8, 8, 3) and pixels.dtype == np.uint8
    for index in range(12):
        assert np.array_equal(pixels[prepared.rows[index]], square(grays.read(index), 8))
    assert prepared.bad == () and prepared.duplicates == ()
    with pytest.raises(ValueError, match="read-only"):
        pixels[0] = 0


def test_images_without_files_are_cached_too(folder: Path) -> None:
    cache = PixelCache(4, folder)
    rows = cache.prepare(Drawn(300)).rows
    assert np.array_equal(cache.pixels()[rows][:, 0, 0, 0], np.arange(300) % 256)


def test_what_is_there_is_not_read_again(grays: FileImages, folder: Path) -> None:
    first = PixelCache(8, folder).prepare(grays)
    again = Counting(grays.path(0).parent, [grays.locator(i) for i in range(12)])
    calls: list[tuple[int, int]] = []
    second = PixelCache(8, folder).prepare(again, lambda done, total: calls.append((done, total)))
    assert again.asked == 0 and calls == []
    assert np.array_equal(first.rows, second.rows)


def test_progress_counts_the_images_to_decode(grays: FileImages, folder: Path) -> None:
    calls: list[tuple[int, int]] = []
    PixelCache(8, folder).prepare(grays, lambda done, total: calls.append((done, total)), workers=3)
    assert calls == [(done, 12) for done in range(1, 13)]


def test_a_moved_file_keeps_its_row(tmp_path: Path, grays: FileImages, folder: Path) -> None:
    cache = PixelCache(8, folder)
    rows = cache.prepare(grays).rows
    grays.path(3).rename(tmp_path / "moved.png")
    assert cache.prepare(FileImages(tmp_path, ["moved.png"])).rows.tolist() == [rows[3]]
    assert len(cache.pixels()) == 12


def test_a_changed_file_gets_a_row_of_its_own(grays: FileImages, folder: Path, put: Callable[..., Path]) -> None:
    cache = PixelCache(8, folder)
    before = cache.prepare(grays).rows
    put("3.png", gray=222)
    os.utime(grays.path(3), ns=(1, 1))
    with pytest.raises(AlcError, match=r"1 of 12 images are not decoded at 8 px.*'3\.png'.*alc dataset prepare"):
        cache.rows(grays)
    after = cache.prepare(grays).rows
    assert np.flatnonzero(before != after).tolist() == [3]
    assert cache.pixels()[after[3], 0, 0].tolist() == [222] * 3
    assert np.array_equal(cache.rows(grays), after)


def test_the_same_pixels_in_different_files_are_twins(tmp_path: Path, put: Callable[..., Path], folder: Path) -> None:
    put("a.png", gray=7)
    put("b.png", gray=8)
    put("c.png", gray=7)
    Image.new("RGB", (6, 4), (7, 7, 7)).save(tmp_path / "d.tif")
    Image.new("RGB", (4, 6), (7, 7, 7)).save(tmp_path / "e.tif")
    source = FileImages(tmp_path, ["a.png", "b.png", "c.png", "d.tif", "e.tif"])
    for _ in range(2):
        assert PixelCache(8, folder).prepare(source).duplicates == ((0, 2, 3),)


def test_bad_images_are_named_with_their_reasons_and_the_others_are_kept(
    tmp_path: Path, put: Callable[..., Path], folder: Path
) -> None:
    put("good.png", gray=5)
    put("empty.png", b"")
    put("text.png", "hello")
    source = FileImages(tmp_path, ["empty.png", "good.png", "gone.png", "text.png"])
    cache = PixelCache(8, folder)
    for _ in range(2):
        prepared = cache.prepare(source)
        assert prepared.rows.tolist() == [-1, 0, -1, -1]
        assert prepared.bad == (
            BadImage(0, "empty.png", "empty file"),
            BadImage(2, "gone.png", "missing"),
            BadImage(3, "text.png", "not an image Pillow can read"),
        )
    with pytest.raises(AlcError, match=r"'empty\.png' cannot be used \(empty file\)"):
        cache.rows(FileImages(tmp_path, ["good.png", "empty.png"]))


def test_a_bad_file_is_tried_again_when_it_changed_or_could_not_be_read(
    tmp_path: Path, put: Callable[..., Path], folder: Path
) -> None:
    put("a.png", b"")
    source = FileImages(tmp_path, ["a.png", "b.png"])
    cache = PixelCache(8, folder)
    assert len(cache.prepare(source).bad) == 2
    put("a.png", gray=1)
    put("b.png", gray=2)
    assert cache.prepare(source).bad == ()


def test_a_failure_that_may_pass_is_not_remembered(
    grays: FileImages, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: ImageFile) -> None:
        raise error

    cache = PixelCache(8, folder)
    error: Exception
    for error in (OSError("broken data stream"), OSError(errno.EIO, "Input/output error"), ValueError("odd")):
        with monkeypatch.context() as patched:
            patched.setattr(ImageFile, "load", fail)
            assert {bad.reason for bad in cache.prepare(grays).bad} == {f"damaged: {error}"}
    with monkeypatch.context() as patched:
        error = MemoryError()
        patched.setattr(ImageFile, "load", fail)
        with pytest.raises(AlcError, match="Out of memory while decoding images"):
            cache.prepare(grays)
    assert cache.prepare(grays).bad == ()


def test_a_failure_that_an_earlier_version_recorded_heals(grays: FileImages, folder: Path) -> None:
    cache = PixelCache(8, folder)
    cache.prepare(grays)
    with closing(sqlite3.connect(folder / "index-8.sqlite")) as index, index:
        index.execute("DELETE FROM images WHERE row >= 10")
        index.execute("UPDATE tokens SET digest = NULL, error = 'damaged: MemoryError'")
    assert cache.prepare(grays).bad == ()
    assert cache.pixels()[cache.rows(grays)][:, 0, 0, 0].tolist() == [10 * i for i in range(12)]


@pytest.mark.parametrize("tables", [0, 1, 2])
def test_a_first_use_that_was_cut_short_does_no_harm(tables: int, grays: FileImages, folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / "index-8.sqlite")) as index, index:
        for statement in _TABLES.split(";")[:tables]:
            index.execute(statement)
    cache = PixelCache(8, folder)
    with pytest.raises(AlcError, match="12 of 12 images are not decoded"):
        cache.rows(grays)
    assert cache.prepare(grays).bad == ()


def test_an_index_of_another_program_is_called_damaged(grays: FileImages, folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / "index-8.sqlite")) as index, index:
        index.execute("CREATE TABLE tokens (name TEXT)")
        index.execute("CREATE TABLE images (name TEXT)")
    with pytest.raises(AlcError, match=r"is damaged .*--clear"):
        PixelCache(8, folder).prepare(grays)
    clear(folder)
    assert PixelCache(8, folder).prepare(grays).bad == ()


def test_processes_share_a_cache_that_none_of_them_has_used(folder: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(folder)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    decoded = [len(process.communicate()[0].split()) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sum(decoded) == 400


def test_sizes_do_not_mix(grays: FileImages, folder: Path) -> None:
    for size in (4, 8):
        PixelCache(size, folder).prepare(grays)
    assert PixelCache(4, folder).pixels().shape == (12, 4, 4, 3)
    assert PixelCache(8, folder).pixels().shape == (12, 8, 8, 3)
    with pytest.raises(UsageError, match="image size 0"):
        PixelCache(0, folder)


def test_an_interrupted_run_keeps_what_is_done_and_goes_on_from_there(grays: FileImages, folder: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    cache = PixelCache(8, folder)
    with pytest.raises(KeyboardInterrupt):
        cache.prepare(grays, interrupt, workers=1)
    calls: list[tuple[int, int]] = []
    prepared = cache.prepare(grays, lambda done, total: calls.append((done, total)))
    assert calls[-1] == (7, 7)
    assert sorted(prepared.rows.tolist()) == list(range(12))


def test_an_interrupt_during_a_commit_keeps_the_batch(
    grays: FileImages, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, interrupts = os.fsync, [KeyboardInterrupt()]

    def interrupt_once(descriptor: int) -> None:
        if interrupts:
            raise interrupts.pop()
        sync(descriptor)

    monkeypatch.setattr("alc_tui.data.cache.writer.os.fsync", interrupt_once)
    with pytest.raises(KeyboardInterrupt):
        PixelCache(8, folder, images_per_commit=5).prepare(grays, workers=1)
    calls: list[tuple[int, int]] = []
    prepared = PixelCache(8, folder).prepare(grays, lambda done, total: calls.append((done, total)))
    assert calls[-1] == (7, 7)
    assert sorted(prepared.rows.tolist()) == list(range(12))


def test_rows_that_were_written_but_not_committed_are_not_believed(grays: FileImages, folder: Path) -> None:
    cache = PixelCache(8, folder)
    folder.mkdir()
    (folder / "pixels-8.u8").write_bytes(b"\xff" * (3 * 8 * 8 * 3 + 5))
    rows = cache.prepare(grays).rows
    assert np.array_equal(cache.pixels()[rows][:, 0, 0, 0], 10 * np.arange(12))


def test_rows_that_the_pixel_file_lost_are_decoded_again(grays: FileImages, folder: Path) -> None:
    cache = PixelCache(8, folder)
    cache.prepare(grays)
    os.truncate(folder / "pixels-8.u8", 4 * 8 * 8 * 3 + 1)
    with pytest.raises(AlcError, match="8 of 12"):
        cache.rows(grays)
    rows = cache.prepare(grays).rows
    assert np.array_equal(cache.pixels()[rows][:, 0, 0, 0], 10 * np.arange(12))


KILLED = """
import sys, time
from pathlib import Path
from PIL import Image
from alc_tui.data.cache.index import _TABLES
from alc_tui.data.cache.pixels import PixelCache

class Slow:
    def __len__(self): return 400
    def read(self, index):
        time.sleep(0.002)
        return Image.new("RGB", (3, 3), (index % 256, index // 256, 0))
    def token(self, index): return f"slow|{index}"
    def locator(self, index): return str(index)
    def path(self, index): return None

store = PixelCache(4, Path(sys.argv[1]), images_per_commit=16)
rows = store.prepare(Slow(), lambda done, total: print(done, flush=True), workers=2).rows
pixels = store.pixels()[rows][:, 0, 0]
assert all((int(a), int(b)) == (i % 256, i // 256) for i, (a, b, _) in enumerate(pixels))
"""


def test_a_killed_process_leaves_whole_rows_that_the_next_two_share(folder: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(folder)]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    while int(first.stdout.readline()) < 100:
        pass
    first.send_signal(signal.SIGKILL)
    first.communicate()
    with sqlite3.connect(folder / "index-4.sqlite") as index:
        (kept,) = index.execute("SELECT COUNT(*) FROM images").fetchone()
    assert 80 <= kept < 400
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    decoded = [len(process.communicate()[0].split()) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(decoded) == 400 - kept


def test_a_second_writer_waits_for_the_first(grays: FileImages, folder: Path) -> None:
    cache = PixelCache(8, folder)
    started, go_on = threading.Event(), threading.Event()

    def hold(done: int, total: int) -> None:
        started.set()
        go_on.wait(60)

    first = threading.Thread(target=cache.prepare, args=(grays, hold))
    first.start()
    assert started.wait(60)
    with pytest.raises(AlcError, match="Another process is writing"):
        clear(folder)
    second = threading.Thread(target=PixelCache(8, folder).prepare, args=(grays,))
    second.start()
    time.sleep(0.05)
    assert second.is_alive()
    go_on.set()
    first.join(10)
    second.join(10)
    assert len(cache.pixels()) == 12 and not second.is_alive()


def test_the_cache_tells_its_size_and_can_be_cleared(grays: FileImages, folder: Path) -> None:
    assert cache_size(folder) == clear(folder) == 0
    for size in (4, 8):
        PixelCache(size, folder).prepare(grays)
    total = cache_size(folder)
    assert total == PixelCache(4, folder).nbytes() + PixelCache(8, folder).nbytes()
    assert total > 12 * 3 * (4 * 4 + 8 * 8)
    keep = folder / "notes.txt"
    keep.write_text("mine")
    assert clear(folder) == total
    assert cache_size(folder) == 0 and keep.exists()
    assert len(PixelCache(8, folder).prepare(grays).rows) == 12


def test_the_folder_is_named_by_alc_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ALC_CACHE", str(tmp_path / "here"))
    assert cache_folder() == tmp_path / "here" == PixelCache(8).folder
    monkeypatch.delenv("ALC_CACHE")
    assert cache_folder().name.lower() == "alc" or "alc" in cache_folder().parts


def test_without_a_home_folder_the_cache_must_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(_: str) -> str:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(platformdirs, "user_cache_dir", fail)
    monkeypatch.delenv("ALC_CACHE", raising=False)
    with pytest.raises(UsageError, match=r"^You have no home folder .*; set ALC_CACHE to a folder, or set HOME"):
        cache_folder()
    monkeypatch.setenv("ALC_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path


def test_a_cache_that_was_never_filled_is_empty(grays: FileImages, folder: Path) -> None:
    cache = PixelCache(8, folder)
    assert cache.pixels().shape == (0, 8, 8, 3) and cache.nbytes() == 0
    with pytest.raises(AlcError, match="12 of 12"):
        cache.rows(grays)
    assert cache.prepare(FileImages(folder, [])).rows.tolist() == []
    assert not folder.exists()


def test_a_damaged_index_is_one_sentence_and_can_be_cleared(grays: FileImages, folder: Path) -> None:
    folder.mkdir()
    (folder / "index-8.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(AlcError, match=r"is damaged .*--clear"):
        PixelCache(8, folder).prepare(grays)
    clear(folder)
    assert PixelCache(8, folder).prepare(grays).bad == ()


def test_a_folder_that_cannot_be_made_is_one_sentence(grays: FileImages, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AlcError, match=r"The cache in .* cannot be used .*ALC_CACHE"):
        PixelCache(8, tmp_path / "file" / "cache").prepare(grays)


def test_a_full_disk_is_one_sentence_and_nothing_is_half_believed(
    grays: FileImages, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    cache = PixelCache(8, folder)
    with monkeypatch.context() as patched:
        patched.setattr("alc_tui.data.cache.writer.os.fsync", full)
        with pytest.raises(AlcError, match="No space left on device"):
            cache.prepare(grays)
    with pytest.raises(AlcError, match="12 of 12"):
        cache.rows(grays)
    assert cache.prepare(grays).bad == ()


def test_25_000_images_that_are_there_are_checked_in_a_moment(folder: Path) -> None:
    cache = PixelCache(1, folder)
    cache.prepare(Drawn25k())
    start = time.process_time()
    prepared = cache.prepare(Drawn25k())
    assert time.process_time() - start < 5
    assert len(set(prepared.rows.tolist())) == 25_000


class Drawn25k(Drawn):
    """25,000 images of one pixel, all different."""

    def __init__(self) -> None:
        super().__init__(25_000)

    def read(self, index: int) -> Image.Image:
        return Image.new("RGB", (1, 1), (index % 256, index // 256, 1))


def test_a_shared_cache_is_writable_for_its_group_whatever_the_umask(tmp_path: Path, grays: FileImages) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    before = os.umask(0o077)
    try:
        PixelCache(8, shared).prepare(grays)
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in shared.iterdir()} == {0o660}
