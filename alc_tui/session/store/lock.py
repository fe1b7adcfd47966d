"""Ensures one writer per session at a time, and tells other would-be writers who it is."""

from __future__ import annotations

import getpass
import json
import os
import socket
from pathlib import Path
from types import TracebackType
from typing import IO

from alc_tui.data.lock import is_held, lock_file
from alc_tui.errors import SessionUnavailable

__all__ = ["WriterLock", "holder", "holder_pid", "is_held", "user_name"]

_WAIT_SECONDS = 0.2
"""A call of `is_held` also locks the file briefly."""
_WATCH = {"labeling": "alc session label {} --watch"}


class WriterLock:
    """Holds the lock file from `acquire` to `release`. The file names the holder: `user`, or the login name."""

    def __init__(self, path: Path, purpose: str, user: str | None = None) -> None:
        self._path, self._purpose, self._user = path, purpose, user or user_name()
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock; raises SessionUnavailable naming the holder if another process has it."""
        name = self._path.parent.name
        try:
            file = lock_file(self._path, seconds=_WAIT_SECONDS)
        except PermissionError as error:
            raise SessionUnavailable(
                f"You do not have write permission for session {name!r} ({self._path}); watch it with "
                f"`alc session label {name} --watch`, or ask its owner."
            ) from error
        except BlockingIOError as error:
            who = holder(self._path) or "another process"
            watch = _WATCH.get(self._purpose, "alc session attach {}").format(name)
            raise SessionUnavailable(
                f"Session {name!r} is in use for {self._purpose} by {who}; wait until it is free, or watch with "
                f"`{watch}`."
            ) from error
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "user": self._user}))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Release the lock, if it is held."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None

    def __enter__(self) -> WriterLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def user_name() -> str:
    """The login name, or the user id if there is none, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"user {os.getuid()}"


def holder_pid(path: Path) -> int | None:
    """The id of the process that holds the lock, if it is on this host."""
    values = _content(path)
    on_this_host = values.get("host") == socket.gethostname()
    return int(values["pid"]) if is_held(path) and on_this_host and "pid" in values else None


def holder(path: Path) -> str | None:
    """A description of the lock's holder: `anna, process 4711 on gpu3`."""
    values = _content(path)
    if not values:
        return None
    return f"{values.get('user')}, process {values.get('pid')} on {values.get('host')}"


def _content(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
