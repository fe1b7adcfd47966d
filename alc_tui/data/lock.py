"""File locks. The operating system releases a lock when the process that holds it ends, even if it is killed."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import IO

_POLL_SECONDS = 0.02


def lock_file(path: Path, *, seconds: float | None = None) -> IO[str]:
    """Open the file at `path` for reading and appending, and lock it; closing it releases the lock.

    seconds: how long to wait for another process, None to wait indefinitely. Raises BlockingIOError if another process
    still holds the lock, OSError if the file cannot be opened or locked. On systems without `flock`, such as Windows,
    this does not lock.
    """
    file = path.open("a+", encoding="utf-8")
    try:
        _acquire(file, seconds)
    except BaseException:
        file.close()
        raise
    return file


def is_held(path: Path) -> bool:
    """Whether a process holds the lock of the file at `path`; False if the file does not exist."""
    try:
        with path.open("r", encoding="utf-8") as file:
            _flock(file, exclusive=False, wait=False)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _acquire(file: IO[str], seconds: float | None) -> None:
    deadline = time.monotonic() + (seconds or 0.0)
    while True:
        try:
            _flock(file, exclusive=True, wait=seconds is None)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_POLL_SECONDS)
        else:
            return


def _flock(file: IO[str], *, exclusive: bool, wait: bool) -> None:
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB))
