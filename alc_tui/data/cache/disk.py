"""Lock files of the cache folder, and disk errors as AlcError."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alc_tui.data.files.lock import FileLock, lock_file
from alc_tui.errors import AlcError

_DAMAGE = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT})
"""SQLite's codes for an index with other contents than alc wrote."""


def acquire_lock(path: Path, *, wait: bool) -> FileLock:
    """Lock the file at `path` and return it; closing it releases the lock.

    File systems without locks rely on SQLite's own. Raises AlcError if another process holds the lock and `wait` is
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
