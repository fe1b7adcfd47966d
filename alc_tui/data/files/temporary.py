"""Hidden names next to a file or folder: for what is being written, and for what is being deleted.

The name tells which process owns it, so that others can clear what a killed process has left behind.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import time
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path

_HIDDEN = re.compile(r"\.(?P<name>.+)\.alc-(?P<host>[0-9a-f]{8})-(?P<pid>\d+)-[0-9a-f]{8}", re.DOTALL)
_FORMER = re.compile(r"\.(?P<name>.+)\.(?P<pid>\d+)", re.DOTALL)
"""Names given by versions up to 0.4, which do not tell the host."""
_NAME_BYTES = 200
"""How much of the name is repeated; with the rest, it stays within the 255 bytes that file systems allow."""
_OLD_SECONDS = 24 * 3600.0
"""After this time without a change, a file of another host belongs to nobody."""


def temporary_sibling(path: Path) -> Path:
    """An unpredictable hidden path next to `path`, owned by this process."""
    name = os.fsdecode(os.fsencode(path.name)[:_NAME_BYTES])
    return path.with_name(f".{name}.alc-{_host()}-{os.getpid()}-{secrets.token_hex(4)}")


def clear_abandoned(folder: Path) -> set[str]:
    """Remove what killed processes have left behind in a folder, as far as this is permitted; returns the names that it
    was meant for."""
    names = set()
    with suppress(OSError):
        for path in folder.iterdir():
            match = _HIDDEN.fullmatch(path.name) or _FORMER.fullmatch(path.name)
            if match is not None and _is_abandoned(path, match):
                remove(path)
                names.add(match["name"])
    return names


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it, as far as possible; never what a link leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _is_abandoned(path: Path, name: re.Match[str]) -> bool:
    host = name.groupdict().get("host")
    if host == _host():
        return not is_running(int(name["pid"]))
    return _is_old(path) and (host is not None or not is_running(int(name["pid"])))


def is_running(pid: int) -> bool:
    """Whether there is a process with this id on this host."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.lstat().st_mtime > _OLD_SECONDS
    except OSError:
        return False


@cache
def _host() -> str:
    """Identifies the host and, within it, the container: process ids mean something only there."""
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = ""
    return blake2b(f"{socket.gethostname()} {namespace}".encode(), digest_size=4).hexdigest()
