"""Opens and creates files and folders so that everybody who may write to their folder may write to them, and never
through a link.

A file has the group of its folder. It is writable for the group, or for all, if the folder is, whatever the umask of
whoever creates it. Folders with the sticky bit, such as `/tmp`, keep the files of different users apart.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

_SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
"""Follow no link, pass no descriptor on, and do not wait for the reader of a pipe."""


def open_to_write(path: Path, flags: int) -> int:
    """Open a regular file for writing and create it if there is none; returns its descriptor.

    Raises OSError if it cannot be opened, or is a link or anything else but a file.
    """
    try:
        descriptor = os.open(path, flags | _SAFE)
    except FileNotFoundError:
        try:
            return create_file(path, flags)
        except FileExistsError:  # by another process, a moment ago
            descriptor = os.open(path, flags | _SAFE)
    except OSError as error:
        if path.is_symlink():
            raise OSError(errno.ELOOP, "Writing through symbolic links is not allowed", str(path)) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    return descriptor


def create_file(path: Path, flags: int, replaced: Path | None = None) -> int:
    """Create a file and open it; returns its descriptor. replaced: a file whose mode and group the new one takes over.

    Raises FileExistsError if there is anything at `path`, OSError if it cannot be created.
    """
    before = None if replaced is None else _regular(replaced)
    mode = 0o666 if before is None else 0o600
    descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL | _SAFE, mode)
    status, folder = os.fstat(descriptor), path.parent.stat()
    mode = stat.S_IMODE(status.st_mode if before is None else before.st_mode)
    if before is None or before.st_uid != status.st_uid:
        mode |= _access(folder) & 0o666
    _give(descriptor, status, mode, folder if before is None else before)
    return descriptor


def make_folder(path: Path) -> None:
    """Create a folder, and those above it that do not exist; raises OSError if that is not possible."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with suppress(FileExistsError):
        path.mkdir()
        status, above = path.stat(), path.parent.stat()
        _give(path, status, stat.S_IMODE(status.st_mode) | _access(above), above)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


def _regular(path: Path) -> os.stat_result | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _access(folder: os.stat_result) -> int:
    """The mode bits that the folder asks for: all for those who may write to it."""
    if folder.st_mode & stat.S_ISVTX:
        return 0
    group = stat.S_IRWXG if folder.st_mode & stat.S_IWGRP else 0
    return group | (stat.S_IRWXO if folder.st_mode & stat.S_IWOTH else 0)


def _give(target: int | Path, status: os.stat_result, mode: int, like: os.stat_result) -> None:
    """Set mode and group, for the superuser also the owner, as far as the file system can.

    A file system without owners and modes does not need them.
    """
    owner = like.st_uid if os.name == "posix" and os.geteuid() == 0 else -1
    if (status.st_gid, status.st_uid) != (like.st_gid, like.st_uid if owner >= 0 else status.st_uid):
        with suppress(OSError):
            os.chown(target, owner, like.st_gid)
    if mode != stat.S_IMODE(status.st_mode):
        with suppress(OSError):
            target.chmod(mode) if isinstance(target, Path) else os.fchmod(target, mode)
