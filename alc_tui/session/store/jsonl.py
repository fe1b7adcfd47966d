"""Append-only JSON Lines files: one JSON object per line. A crash can leave only the last line incomplete. Independent
of the contents; used for the journal, the worker's events, and a sweep's results.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from alc_tui.data.files.atomic import flush_to_disk, sync_folder
from alc_tui.data.files.reading import open_file
from alc_tui.data.files.shared import open_to_write


class UnexpectedSizeError(OSError):
    """Another process has written to the file."""


def read(path: Path, offset: int = 0) -> tuple[list[bytes], bytes]:
    """The complete lines from byte `offset` on, without line breaks, and the incomplete rest. Empty if the file does
    not exist; raises OSError if it is not a regular file.
    """
    *lines, torn = read_rest(path, offset).split(b"\n")
    return lines, torn


def read_rest(path: Path, offset: int) -> bytes:
    """The bytes from `offset` on; none if the file does not exist. Raises OSError if it is not a regular file."""
    try:
        with open_file(path) as file:
            file.seek(offset)
            return file.read()
    except FileNotFoundError:
        return b""


def line(record: Mapping[str, Any], *, allow_nan: bool = False) -> bytes:
    """A record as a line; raises ValueError for NaN unless `allow_nan`."""
    return json.dumps(record, allow_nan=allow_nan).encode() + b"\n"


def append(path: Path, records: Sequence[Mapping[str, Any]], *, sync: bool, allow_nan: bool = False) -> int:
    """Add one line per record, and remove an incomplete last line first; see `write`."""
    lines = b"".join(line(record, allow_nan=allow_nan) for record in records)
    return write(path, lines, sync=sync, size=None)


def write(path: Path, lines: bytes, *, sync: bool, size: int | None) -> int:
    """Add lines to the file, which is created if needed; returns the number of bytes added.

    sync: whether to flush to disk before returning. size: the expected file size, to detect writes by other processes;
    None to skip this check and to remove an incomplete last line first. Raises UnexpectedSizeError, or OSError if the
    lines could not be written; then they are taken back. If that fails too, some of them can still be in the file.
    """
    with _opened(path) as file:
        before = file.seek(0, os.SEEK_END)
        if size is None:
            before = _cut_torn_line(file, before)
        elif size != before:
            raise UnexpectedSizeError(errno.ESTALE, "another process has written to it", str(path))
        if sync and before == 0:
            # The name of a new file must be on disk as well, and before the first line, which then needs only fsync.
            sync_folder(path.parent)
        try:
            _write_all(file, lines)
            if sync:
                flush_to_disk(file.fileno())
        except OSError:
            with suppress(OSError):
                file.truncate(before)
                flush_to_disk(file.fileno())
            raise
    return len(lines)


def cut(path: Path, size: int) -> None:
    """Shorten the file to `size` bytes, on disk; raises OSError if this is not possible."""
    with _opened(path) as file:
        file.truncate(size)
        flush_to_disk(file.fileno())


def _opened(path: Path) -> BinaryIO:
    return os.fdopen(open_to_write(path, os.O_RDWR | os.O_APPEND), "ab+", buffering=0)


def _write_all(file: BinaryIO, lines: bytes) -> None:
    written = 0
    while written < len(lines):
        written += file.write(lines[written:])


def _cut_torn_line(file: BinaryIO, length: int) -> int:
    """Remove an incomplete last line; returns the length of what remains."""
    if length == 0:
        return 0
    file.seek(-1, os.SEEK_END)
    if file.read(1) == b"\n":
        return length
    file.seek(0)
    return file.truncate(file.read().rfind(b"\n") + 1)
