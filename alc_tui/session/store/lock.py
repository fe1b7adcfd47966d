"""Ensures one writer per session at a time, and tells other would-be writers who it is.

The lock file is also a lease: it names its holder, who changes its time every few seconds. So a holder on another host
is respected where a network file system has no locks, or keeps those of each host to itself. A holder that was silent
for too long, because it was suspended, finds the name of the next one in the file, and has lost the lock.
"""

from __future__ import annotations

import getpass
import json
import os
import secrets
import shlex
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import TypeVar

from alc_tui.data.files.lock import FileLock, is_locked, lock_file
from alc_tui.data.files.reading import read_whole
from alc_tui.data.files.temporary import is_running
from alc_tui.errors import SessionUnavailable

T = TypeVar("T")

__all__ = ["WriterLock", "holder", "holder_pid", "is_held", "user_name"]

_WAIT_SECONDS = 0.2
"""A call of `is_held` also locks the file briefly."""
LEASE_SECONDS = 180.0
"""A holder that has given no sign of life for so long is dead, on this host unless it is seen to hold the lock."""
BEAT_SECONDS = 20.0
"""How often a holder gives one."""
_TOKENS: set[str] = set()
"""Of the locks that this process holds: its id may also be that of a process that ended with its container."""
_WATCH = {"labeling": "alc session label {} --watch"}


class WriterLock:
    """Holds the lock file from `acquire` to `release`. The file names the holder: `user`, or the login name.

    beat: how often to change the file's time, in seconds. warning: after `acquire`, a sentence if the file system has
    no locks, so that only the lease protects the session.
    """

    def __init__(self, path: Path, purpose: str, user: str | None = None, beat: float = BEAT_SECONDS) -> None:
        self._path, self._purpose, self._user, self._beat = path, purpose, user or user_name(), beat
        self._lock: FileLock | None = None
        self._identity, self._token, self._is_lost = b"", "", False
        self._released, self._keeper = Event(), Thread()
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
        if _is_leased(self._path) or (not lock.is_enforced and _names_running_process(self._path)):
            lock.close()
            raise self._in_use(name)
        if not lock.is_enforced:
            self.warning = (
                f"The file system of session {name!r} has no locks, so two processes that start at the same moment "
                "could write to it; make sure that only one person labels it and only one training runs."
            )
        self._token = secrets.token_hex(8)
        identity = json.dumps(
            {"pid": os.getpid(), "host": socket.gethostname(), "user": self._user, "token": self._token}
        )
        self._identity, self._is_lost = identity.encode(), False
        with suppress(OSError):  # the lock is held, even if it cannot tell by whom
            lock.file.truncate(0)
            lock.file.write(identity)
            lock.file.flush()
        if not lock.is_enforced:
            time.sleep(_WAIT_SECONDS)  # until somebody who took it at the same moment has written, too
            if self._names_another():
                lock.close()
                raise self._in_use(name)
        self._lock = lock
        _TOKENS.add(self._token)
        self._released.clear()
        self._keeper = Thread(target=self._keep, args=(lock.file.fileno(),), daemon=True)
        self._keeper.start()

    def release(self) -> None:
        """Release the lock, if it is held."""
        lock, self._lock = self._lock, None
        if lock is None:
            return
        self._released.set()
        self._keeper.join()
        _TOKENS.discard(self._token)
        with suppress(OSError):
            if not self._names_another():
                lock.file.truncate(0)
        with suppress(OSError):
            lock.close()

    def check(self) -> None:
        """Raise SessionUnavailable if another process has taken over the lock."""
        if self._is_lost:
            name, who = self._path.parent.name, holder(self._path) or "another process"
            watch = _WATCH.get(self._purpose, "alc session attach {}").format(name)
            raise SessionUnavailable(
                f"Session {name!r} was taken over by {who}, because this process had given no sign of life for "
                f"{LEASE_SECONDS / 60:.0f} minutes; watch it with `{watch}`."
            )

    def guarded(self, action: Callable[[T], None]) -> Callable[[T], None]:
        """The action, preceded by `check`."""

        def check_and_act(argument: T) -> None:
            self.check()
            action(argument)

        return check_and_act

    def _keep(self, descriptor: int) -> None:
        """Renew the lease until it is released or lost."""
        while not self._released.wait(self._beat):
            with suppress(OSError):
                if self._names_another():
                    self._is_lost = True
                    return
                os.utime(descriptor)

    def _names_another(self) -> bool:
        """Whether the file names another holder; raises OSError if it cannot be read."""
        return read_whole(self._path) not in (b"", self._identity)

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
    """Whether a process holds the lock, or the file names one on another host that has recently given a sign of life;
    without locks, also whether it names such a one that is running here."""
    is_known = is_locked(path)
    return is_known or _is_leased(path) or (is_known is None and _names_running_process(path))


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
    """Whether the file names a running process of this host that has recently given a sign of life; this process only
    if it holds the lock, because its id may have been that of another one in a container with the same name."""
    values = _content(path)
    pid = values.get("pid")
    if values.get("host") != socket.gethostname() or not isinstance(pid, int) or not _is_fresh(path):
        return False
    return values.get("token") in _TOKENS if pid == os.getpid() else is_running(pid)


def _is_leased(path: Path) -> bool:
    """Whether the file names a process of another host that has recently given a sign of life."""
    host = _content(path).get("host")
    return host is not None and host != socket.gethostname() and _is_fresh(path)


def _is_fresh(path: Path) -> bool:
    """Whether the file's time is that of a holder which lives."""
    try:
        return abs(time.time() - path.stat().st_mtime) < LEASE_SECONDS
    except OSError:
        return False


def _content(path: Path) -> dict[str, str]:
    try:
        content = json.loads(read_whole(path))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
