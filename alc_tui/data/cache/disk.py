"""Lock files of the cache folder, and disk errors as AlcError."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from alc_tui.data.lock import lock_file
from alc_tui.errors import AlcError

_DAMAGE = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT})
"""SQLite's codes for an index with other contents than alc wrote."""


def acquire_lock(path: Path, *, wait: bool) -> IO[str]:
    """Lock the file at `path` and return it; closing it releases the lock.

    Systems without flock rely on SQLite's own lock. Raises AlcError if another process holds the lock and `wait` is
    False.
    """
    try:
        return lock_file(path, seconds=None if wait else 0.0)
    except BlockingIOError as error:
        raise AlcError(
            f"Another process is writing to the cache in {path.parent}; try again when it has finished."
        ) from error


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Convert disk errors and errors from an unreadable index to AlcError."""
    try:
        yield
    except (OSError, sqlite3.DatabaseError) as error:
        if isinstance(error, sqlite3.DatabaseError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE:
            raise AlcError(f"The cache in {folder} is damaged ({error}); run `alc dataset prepare --clear`.") from error
        reason = getattr(error, "strerror", None) or error
        raise AlcError(
            f"The cache in {folder} cannot be used ({reason}); free some space, or set ALC_CACHE to another folder."
        ) from error
