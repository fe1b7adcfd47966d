from __future__ import annotations

import os
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from alc_tui.data.files.lock import is_locked, lock_file


def test_a_lock_is_held_until_its_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert is_locked(path) is False
    lock = lock_file(path)
    assert lock.is_enforced and is_locked(path) is True
    lock.close()
    assert is_locked(path) is False and path.exists()


def test_a_held_lock_is_refused_at_once_or_after_some_seconds(tmp_path: Path) -> None:
    with closing(lock_file(tmp_path / "lock")):
        for seconds in (0.0, 0.1):
            began = time.monotonic()
            with pytest.raises(BlockingIOError):
                lock_file(tmp_path / "lock", seconds=seconds)
            assert time.monotonic() - began >= seconds


@pytest.mark.parametrize("seconds", [None, 60.0])
def test_a_lock_that_is_released_meanwhile_is_taken(tmp_path: Path, seconds: float | None) -> None:
    first = lock_file(tmp_path / "lock")
    threading.Timer(0.1, first.close).start()
    with closing(lock_file(tmp_path / "lock", seconds=seconds)):
        assert first.file.closed


def test_what_a_lock_file_holds_stays(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("anna")
    with closing(lock_file(path)) as lock:
        lock.file.seek(0)
        assert lock.file.read() == "anna"


def test_a_lock_file_that_is_a_link_is_refused_and_what_it_leads_to_is_untouched(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="Writing through symbolic links is not allowed"):
        lock_file(tmp_path / "lock")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OSError, match="symbolic links"):
        lock_file(tmp_path / "dangling")
    assert (tmp_path / "precious").read_text() == "mine" and not (tmp_path / "nowhere").exists()


def test_a_pipe_in_the_place_of_a_lock_file_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lock")
    with pytest.raises(OSError, match="Not a regular file"):
        lock_file(tmp_path / "lock")
    assert is_locked(tmp_path / "lock") is not True


def test_what_is_not_a_file_tells_nothing_about_a_lock(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    assert is_locked(tmp_path / "folder") is None and is_locked(tmp_path / "fifo") is None
