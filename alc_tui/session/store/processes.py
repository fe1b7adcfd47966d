"""Starts and stops workers from other processes. Imports none of the worker's code, and not torch."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from alc_tui.data.files.shared import open_to_write
from alc_tui.errors import AlcError
from alc_tui.interpreter import module_command, module_environment
from alc_tui.session.store import lock
from alc_tui.session.store.folder import SessionFolder

START_SECONDS = 10.0
WAIT = "--wait"
"""Word of the worker's command line: load everything, then wait to be told to train."""
JOIN = "--join"
"""Word of the worker's command line, before file, rank and size: join the group of a worker of this host."""


def is_torchrun(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether torchrun has started this process."""
    return "TORCHELASTIC_RUN_ID" in environment


def is_assistant(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether torchrun has started this process to train with the worker, which is another one."""
    return is_torchrun(environment) and environment.get("RANK", "0") != "0"


class PreparedWorker:
    """A worker that has been started in advance, because loading torch takes seconds. It trains once it is told to, and
    ends by itself if this process does before that."""

    def __init__(self, folder: SessionFolder) -> None:
        """Start the process; raises OSError if that fails."""
        self._folder = folder
        self._process = _start_worker(folder, WAIT, stdin=subprocess.PIPE)

    def start(self, patience: float = START_SECONDS) -> bool:
        """Have it train, and wait until it holds the worker lock; returns False if it has ended in the meantime.

        patience: seconds. Raises AlcError if it does not take the lock.
        """
        if self._process.poll() is not None or not self._write(b"\n"):
            return False
        _await_lock(self._folder, self._process, patience, time.sleep)
        return True

    def close(self) -> None:
        """End it, unless it trains."""
        self._write(b"")

    def _write(self, data: bytes) -> bool:
        """Write to its standard input and close it; returns False if it reads no more."""
        assert self._process.stdin is not None
        try:
            with self._process.stdin as stdin:
                stdin.write(data)
        except (OSError, ValueError):
            return False
        return True


def spawn(folder: SessionFolder, patience: float = START_SECONDS, sleep: Callable[[float], None] = time.sleep) -> None:
    """Start the session's worker and wait until it holds the worker lock, so that no second worker is started.

    patience: seconds. Raises AlcError if it does not start; see `worker.log` for the reason.
    """
    _await_lock(folder, _start_worker(folder), patience, sleep)


def _start_worker(folder: SessionFolder, *words: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    with _open_log(folder.worker_log) as log:
        return subprocess.Popen(
            module_command("alc_tui.session.worker", str(folder.path.resolve()), *words),
            env=module_environment(),
            stdin=stdin,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _await_lock(
    folder: SessionFolder, process: subprocess.Popen[bytes], patience: float, sleep: Callable[[float], None]
) -> None:
    deadline = time.monotonic() + patience
    try:
        while time.monotonic() < deadline:
            if lock.is_held(folder.worker_lock) or process.poll() == 0:
                return
            if process.poll() is not None:
                break
            sleep(0.02)
    except KeyboardInterrupt:
        process.terminate()
        raise
    raise AlcError(f"The worker of session {folder.name!r} did not start; see {folder.worker_log} for the reason.")


def spawn_replay(session: SessionFolder) -> subprocess.Popen[bytes]:
    """Start `alc session replay` of this session with the oracle gt, detached; its output goes to `session.replay_log`.

    Its folder appears only after the new ranking, so the process is returned, to check whether it is still running.
    """
    command = module_command("alc_tui", "session", "replay", session.name, "--oracle", "gt")
    with _open_log(session.replay_log) as log:
        return subprocess.Popen(
            [*command, "--store", str(session.path.resolve().parent)],
            env=module_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def stop(folder: SessionFolder, seconds: float = 30.0) -> bool:
    """Ask the worker to stop and wait until it has stopped; returns whether it has."""
    deadline = time.monotonic() + seconds
    signaled: int | None = None
    while lock.is_held(folder.worker_lock) and time.monotonic() < deadline:
        pid = lock.holder_pid(folder.worker_lock)
        if pid is not None and pid != signaled:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            signaled = pid
        time.sleep(0.05)
    return not lock.is_held(folder.worker_lock)


def _open_log(path: Path) -> BinaryIO:
    return os.fdopen(open_to_write(path, os.O_WRONLY | os.O_APPEND), "ab")
