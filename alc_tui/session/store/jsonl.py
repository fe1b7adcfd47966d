"""Append-only JSON Lines files: one JSON object per line. A crash can leave only the last line incomplete. Independent
of the contents; used for the journal, the worker's events, and a sweep's results.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from alc_tui.data.files import open_file, sync_folder


def read(path: Path, offset: int = 0) -> tuple[list[bytes], bytes]:
    """The complete lines from byte `offset` on, without line breaks, and the incomplete rest. Empty if the file does
    not exist; raises OSError if it is not a regular file.
    """
    try:
        with open_file(path) as file:
            file.seek(offset)
            *lines, torn = file.read().split(b"\n")
    except FileNotFoundError:
        return [], b""
    return lines, torn


def append(
    path: Path, records: Sequence[Mapping[str, Any]], *, sync: bool, size: int | None = None, allow_nan: bool = False
) -> int:
    """Add one line per record; returns the number of bytes added.

    sync: whether to flush to disk before returning. size: the expected file size, to detect writes by other processes;
    None to skip this check and to remove an incomplete last line first. Raises OSError if the records could not be
    written (ESTALE for an unexpected size), and ValueError for NaN unless `allow_nan`; then nothing is added.
    """
    lines = b"".join(json.dumps(record, allow_nan=allow_nan).encode() + b"\n" for record in records)
    is_new = not path.exists()
    if size is None and not is_new:
        _cut_torn_line(path)
    with path.open("ab", buffering=0) as file:
        before = file.seek(0, os.SEEK_END)
        if size not in (None, before):
            raise OSError(errno.ESTALE, "another process has written to it", str(path))
        try:
            if file.write(lines) != len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            if sync:
                os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise
    if is_new and sync:
        sync_folder(path.parent)
    return len(lines)


def _cut_torn_line(path: Path) -> None:
    with path.open("rb+") as file:
        length = file.seek(0, os.SEEK_END)
        if length == 0:
            return
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
