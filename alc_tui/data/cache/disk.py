"""The folder of the cache as the disk sees it: its lock files, and its errors in a sentence."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from alc_tui.errors import AlcError


def locked(path: Path, *, wait: bool) -> IO[bytes]:
    """The lock file at `path`, held until it is closed; raises AlcError if it is held and `wait` is False.

    Systems without flock rely on SQLite's own lock.
    """
    file = path.open("ab")
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as problem:
            file.close()
            raise AlcError(
                f"Another process is writing to the cache in {path.parent}: try again when it is done."
            ) from problem
        except BaseException:
            file.close()
            raise
    return file


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Raise errors of the disk, and of an index that cannot be read, as AlcError."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise AlcError(
            f"The cache in {folder} cannot be used ({reason}): free some space, or name another folder in ALC_CACHE."
        ) from problem
    except sqlite3.DatabaseError as problem:
        raise AlcError(f"The cache in {folder} is damaged ({problem}): run `alc dataset prepare --clear`.") from problem
