"""Ensures one writer per session at a time, and tells other would-be writers who it is.

The lock file is also a lease: it names its holder, who changes its time every few seconds. So a holder on another host
is respected where a network file system has no locks, or keeps those of each host to itself.
"""

from __future__ import annotations

import getpass
import json
import os
import shlex
import socket
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType

from alc_tui.data.files.lock import FileLock, is_locked, lock_file
from alc_tui.data.files.reading import read_whole
from alc_tui.data.files.temporary import is_running
from alc_tui.errors import SessionUnavailable

__all__ = ["WriterLock", "holder", "holder_pid", "is_held", "user_name"]

_WAIT_SECONDS = 0.2
"""A call of `is_held` also locks the file briefly."""
LEASE_SECONDS = 180.0
"""A holder on another host that has given no sign of life for so long is dead."""
BEAT_SECONDS = 20.0
"""How often a holder gives one."""
_WATCH = {"labeling": "alc session label {} --watch"}


class WriterLock:
    """Holds the lock file from `acquire` to `release`. The file names the holder: `user`, or the login name.

    beat: how often to change the file's time, in seconds. warning: after `acquire`, a sentence if the file system has
    no locks, so that only the lease protects the session.
    """

    def __init__(self, path: Path, purpose: str, user: str | None = None, beat: float = BEAT_SECONDS) -> None:
        self._path, self._purpose, self._user, self._beat = path, purpose, user or user_name(), beat
        self._lock: FileLock | None = None
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
        identity = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "user": self._user})
        with suppress(OSError):  # the lock is held, even if it cannot tell by whom
            lock.file.truncate(0)
            lock.file.write(identity)
            lock.file.flush()
        if not lock.is_enforced:
            time.sleep(_WAIT_SECONDS)  # until somebody who took it at the same moment has written, too
            if read_whole(self._path) not in (b"", identity.encode()):
                lock.close()
                raise self._in_use(name)
        self._lock = lock
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
        with suppress(OSError):
            lock.file.truncate(0)
        with suppress(OSError):
            lock.close()

    def _keep(self, descriptor: int) -> None:
        """Renew the lease until it is released."""
        while not self._released.wait(self._beat):
            with suppress(OSError):
                os.utime(descriptor)

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
    without locks, also whether it names one that is running here."""
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
    """Whether the file names a running process of this host."""
    values = _content(path)
    if values.get("host") != socket.gethostname() or not isinstance(values.get("pid"), int):
        return False
    return is_running(int(values["pid"]))


def _is_leased(path: Path) -> bool:
    """Whether the file names a process of another host that has recently given a sign of life."""
    host = _content(path).get("host")
    if host is None or host == socket.gethostname():
        return False
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
