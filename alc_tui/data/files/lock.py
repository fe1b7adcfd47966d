"""File locks. The operating system releases a lock when the process that holds it ends, even if it is killed."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from alc_tui.data.files.atomic import UNSUPPORTED
from alc_tui.data.files.shared import open_to_write

_POLL_SECONDS = 0.02
_NO_LOCKS = UNSUPPORTED | {errno.ENOLCK}


@dataclass(frozen=True)
class FileLock:
    """An open lock file; closing it releases the lock. is_enforced: False if its file system has no locks."""

    file: IO[str]
    is_enforced: bool

    def close(self) -> None:
        """Release the lock."""
        self.file.close()


def lock_file(path: Path, *, seconds: float | None = None) -> FileLock:
    """Open the file at `path` for reading and appending, and lock it, unless its file system has no locks.

    seconds: how long to wait for another process, None to wait indefinitely. Raises BlockingIOError if another process
    still holds the lock, OSError if the file cannot be opened or locked. On systems without `flock`, such as Windows,
    this does not lock.
    """
    file = os.fdopen(open_to_write(path, os.O_RDWR | os.O_APPEND), "a+", encoding="utf-8")
    try:
        return FileLock(file, _acquire(file, seconds))
    except BaseException:
        file.close()
        raise


def is_locked(path: Path) -> bool | None:
    """Whether a process holds the lock of the file at `path`; False if the file does not exist, None if this cannot be
    determined, such as on a file system without locks."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return False
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        _flock(descriptor, exclusive=False, wait=False)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return False


def _acquire(file: IO[str], seconds: float | None) -> bool:
    """Lock the file; returns whether its file system has locks."""
    deadline = time.monotonic() + (seconds or 0.0)
    while True:
        try:
            _flock(file, exclusive=True, wait=seconds is None)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_POLL_SECONDS)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return False
        else:
            return True


def _flock(file: IO[str] | int, *, exclusive: bool, wait: bool) -> None:
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB))
