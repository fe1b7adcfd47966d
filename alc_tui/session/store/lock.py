"""Ensures one writer per session at a time, and tells other would-be writers who it is."""

from __future__ import annotations

import getpass
import json
import os
import shlex
import socket
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from alc_tui.data.files.lock import FileLock, is_locked, lock_file
from alc_tui.data.files.reading import read_whole
from alc_tui.data.files.temporary import is_running
from alc_tui.errors import SessionUnavailable

__all__ = ["WriterLock", "holder", "holder_pid", "is_held", "user_name"]

_WAIT_SECONDS = 0.2
"""A call of `is_held` also locks the file briefly."""
_WATCH = {"labeling": "alc session label {} --watch"}


class WriterLock:
    """Holds the lock file from `acquire` to `release`. The file names the holder: `user`, or the login name.

    warning: after `acquire`, a sentence if the file system has no locks, so that only this name protects the session.
    """

    def __init__(self, path: Path, purpose: str, user: str | None = None) -> None:
        self._path, self._purpose, self._user = path, purpose, user or user_name()
        self._lock: FileLock | None = None
        self.warning: str | None = None

    def acquire(self) -> None:
        """Take the lock; raises SessionUnavailable naming the holder if another process has it."""
        name = self._path.parent.name
        try:
            lock = lock_file(self._path, seconds=_WAIT_SECONDS)
        except PermissionError as error:
            raise SessionUnavailable(
                f"You do not have write permission for session {name!r} ({self._path}); {self._remedy(name)}."
            ) from error
        except BlockingIOError as error:
            raise self._in_use(name) from error
        if not lock.is_enforced:
            if _names_running_process(self._path):
                lock.close()
                raise self._in_use(name)
            self.warning = (
                f"The file system of session {name!r} has no locks, so nothing keeps a second process from writing to "
                "it at the same time; make sure that only one person labels it and only one training runs."
            )
        with suppress(OSError):  # the lock is held, even if it cannot tell by whom
            lock.file.truncate(0)
            lock.file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "user": self._user}))
            lock.file.flush()
        self._lock = lock

    def release(self) -> None:
        """Release the lock, if it is held."""
        lock, self._lock = self._lock, None
        if lock is None:
            return
        with suppress(OSError):
            lock.file.truncate(0)
        with suppress(OSError):
            lock.close()

    def _in_use(self, name: str) -> SessionUnavailable:
        who = holder(self._path) or "another process"
        watch = _WATCH.get(self._purpose, "alc session attach {}").format(name)
        return SessionUnavailable(
            f"Session {name!r} is in use for {self._purpose} by {who}; wait until it is free, or watch with `{watch}`."
        )

    def _remedy(self, name: str) -> str:
        """What helps somebody who may not write to the lock file."""
        folder = self._path.parent
        try:
            owner = (self._path if self._path.exists() else folder).owner()
        except (OSError, KeyError):
            owner = "its owner"
        return (
            f"watch it with `alc session label {name} --watch`, or ask {owner} to run `chmod -R g+rwX "
            f"{shlex.quote(str(folder))}`"
        )

    def __enter__(self) -> WriterLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_held(path: Path) -> bool:
    """Whether a process holds the lock; without locks, whether the file names a process that is running here."""
    is_known = is_locked(path)
    return _names_running_process(path) if is_known is None else is_known


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


def _names_running_process(path: Path) -> bool:
    """Whether the file names a running process of this host."""
    values = _content(path)
    if values.get("host") != socket.gethostname() or not isinstance(values.get("pid"), int):
        return False
    return is_running(int(values["pid"]))


def _content(path: Path) -> dict[str, str]:
    try:
        content = json.loads(read_whole(path))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
