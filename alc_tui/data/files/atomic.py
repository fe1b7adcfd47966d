"""Atomic file writes: to a temporary file next to the target, flushed to disk, then renamed."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from alc_tui.data.files.shared import create_file
from alc_tui.data.files.temporary import temporary_sibling

UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""Errors by which a file system says that it does not have an operation."""
_NO_FOLDER_SYNC = UNSUPPORTED | {errno.EBADF, errno.EISDIR, errno.EACCES, errno.EPERM}


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Replace `path` with what `write` writes to an open binary file; after a crash, the file is either the old or the
    new one. The new file has the mode and group of the old one or, without one, those that its folder asks for.

    Raises OSError if writing fails; the old file is then unchanged.
    """
    temporary = temporary_sibling(path)
    try:
        with os.fdopen(create_file(temporary, os.O_WRONLY, replaced=path), "wb") as file:
            write(file)
            file.flush()
            flush_to_disk(file.fileno())
        rename(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    # The new file is in place for everybody: a folder that cannot be flushed is no reason to report a failure.
    with suppress(OSError):
        sync_folder(path.parent)


def write_whole(path: Path, content: bytes) -> None:
    """Replace `path` with a file of this content; see `write_atomically`."""
    write_atomically(path, lambda file: file.write(content))


def flush_to_disk(descriptor: int) -> None:
    """fsync, where the file system has it."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise


def sync_folder(folder: Path) -> None:
    """Flush a rename or a new file in `folder` to disk, where the file system can; raises OSError if that fails."""
    if os.name != "posix":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise


def rename(source: Path, target: Path) -> None:
    """Rename, replacing the target, and believe the disk rather than an error: a network file system may report one for
    a rename that it has done. Raises OSError if it has not."""
    before = source.lstat()
    try:
        source.replace(target)
    except OSError:
        if not _is_there(target, before):
            raise


def _is_there(path: Path, before: os.stat_result) -> bool:
    try:
        now = path.lstat()
    except OSError:
        return False
    return (now.st_dev, now.st_ino) == (before.st_dev, before.st_ino)
