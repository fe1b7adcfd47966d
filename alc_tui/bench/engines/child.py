"""A task's process: it ends when the process that started it does, even after kill -9, because its stdin is closed."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterable, Mapping

from alc_tui.bench.engines.engine import Task
from alc_tui.data.files.shared import open_to_write
from alc_tui.interpreter import module_command

STOP_SECONDS = 60.0
"""How long to wait for a task to write its last epoch to disk."""
_POLL_SECONDS = 0.2


def start_child(task: Task, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the task on this machine."""
    with os.fdopen(open_to_write(task.log, os.O_WRONLY | os.O_APPEND), "ab") as log:
        return subprocess.Popen(
            module_command(task.module, *task.words),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=dict(environment),
            cwd=task.folder,
            start_new_session=True,
        )


def stop_children(children: Iterable[subprocess.Popen[bytes]]) -> None:
    """Ask the processes to end, and wait for them."""
    stopped = list(children)
    for child in stopped:
        child.terminate()
    for child in stopped:
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


class Supervisor:
    """Runs a task for an engine that has a process on the task's node. Interrupted at any moment, it leaves no process
    behind."""

    def __init__(self, task: Task, environment: Mapping[str, str]) -> None:
        self._task, self._environment = task, environment
        self._child: subprocess.Popen[bytes] | None = None
        self._failure: OSError | None = None
        self._is_stopped = False
        self._starting = threading.RLock()
        # Signals interrupt the main thread only, so another one starts the child: no child is half started.
        self._thread = threading.Thread(target=self._run_child, daemon=True)

    def run(self) -> int:
        """Run the task to its end; returns its return code. Stops it if this is interrupted.

        Raises OSError if it cannot be started.
        """
        try:
            self._thread.start()
            while self._thread.is_alive():
                self._thread.join(_POLL_SECONDS)
        except BaseException:
            self.stop()
            raise
        if self._failure is not None:
            raise self._failure
        return -signal.SIGTERM if self._child is None else int(self._child.returncode)

    def stop(self) -> None:
        """Ask the task to end, and wait for it; a task that has not started never will. May be called from a signal's
        handler."""
        with self._starting:
            self._is_stopped = True
            child = self._child
        if child is not None:
            stop_children([child])

    def _run_child(self) -> None:
        with self._starting:
            if self._is_stopped:
                return
            try:
                self._child = start_child(self._task, self._environment)
            except OSError as error:
                self._failure = error
                return
        self._child.wait()
