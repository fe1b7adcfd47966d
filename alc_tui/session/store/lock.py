"""One writer at a time: a file lock that the system lets go of when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import IO

from alc_tui.errors import SessionUnavailable

_LOOK_ON = {"labeling": "alc session label {} --watch"}


class WriterLock:
    """Holds the lock file from `acquire` to `release`; its content tells who holds it: the login name, if no other."""

    def __init__(self, path: Path, purpose: str, user: str | None = None) -> None:
        self._path, self._purpose, self._user = path, purpose, user or user_name()
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock; raises SessionUnavailable telling who holds it."""
        try:
            file = self._path.open("a+", encoding="utf-8")
        except PermissionError as error:
            raise SessionUnavailable(
                f"Session {self._path.parent.name!r} cannot be written by you ({self._path}); look on with "
                f"`alc session label {self._path.parent.name} --watch`, or ask its owner."
            ) from error
        if not _try_lock(file):
            file.close()
            who, name = holder(self._path) or "another process", self._path.parent.name
            look_on = _LOOK_ON.get(self._purpose, "alc session attach {}").format(name)
            raise SessionUnavailable(
                f"Session {name!r} is in use for {self._purpose} by {who}; wait for it to end, or look on with "
                f"`{look_on}`."
            )
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "user": self._user}))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let go of the lock, if it is held."""
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
    """The login name, or the user's number where there is none, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"user {os.getuid()}"


def _try_lock(file: IO[str]) -> bool:
    """Try for a fifth of a second: a reader that asks `is_held` holds the file for a moment too."""
    for _ in range(10):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False


def is_held(path: Path) -> bool:
    """Whether some process holds the lock."""
    try:
        with path.open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def holder_pid(path: Path) -> int | None:
    """The process that holds the lock, if it is held on this host."""
    values = _content(path)
    on_this_host = values.get("host") == socket.gethostname()
    return int(values["pid"]) if is_held(path) and on_this_host and "pid" in values else None


def holder(path: Path) -> str | None:
    """Who holds the lock, for a person: `anna, process 4711 on gpu3`."""
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
