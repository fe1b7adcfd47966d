from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from alc_tui.data.lock import is_held, lock_file


def test_a_lock_is_held_until_its_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_held(path)
    file = lock_file(path)
    assert is_held(path)
    file.close()
    assert not is_held(path) and path.exists()


def test_a_held_lock_is_refused_at_once_or_after_some_seconds(tmp_path: Path) -> None:
    with lock_file(tmp_path / "lock"):
        for seconds in (0.0, 0.1):
            began = time.monotonic()
            with pytest.raises(BlockingIOError):
                lock_file(tmp_path / "lock", seconds=seconds)
            assert time.monotonic() - began >= seconds


@pytest.mark.parametrize("seconds", [None, 60.0])
def test_a_lock_that_is_released_meanwhile_is_taken(tmp_path: Path, seconds: float | None) -> None:
    first = lock_file(tmp_path / "lock")
    threading.Timer(0.1, first.close).start()
    with lock_file(tmp_path / "lock", seconds=seconds):
        assert first.closed


def test_what_a_lock_file_holds_stays(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("anna")
    with lock_file(path) as file:
        file.seek(0)
        assert file.read() == "anna"
