"""A task's process: it ends when the process that started it does, even after kill -9, because its stdin is closed."""

from __future__ import annotations

import os
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
    """Runs a task for an engine that has a process on the task's node."""

    def __init__(self, task: Task, environment: Mapping[str, str]) -> None:
        self._child = start_child(task, environment)
        # Waiting in a thread leaves this one free to be interrupted, and to stop the child from a signal's handler.
        self._waiter = threading.Thread(target=self._child.wait, daemon=True)
        self._waiter.start()

    def wait(self) -> int:
        """Wait for the task; returns its return code. It is stopped if this is interrupted."""
        try:
            while self._waiter.is_alive():
                self._waiter.join(_POLL_SECONDS)
        except BaseException:
            self.stop()
            raise
        return int(self._child.returncode)

    def stop(self) -> None:
        """Ask the task to end, and wait for it."""
        self._child.terminate()
        self._waiter.join(STOP_SECONDS)
        if self._waiter.is_alive():
            self._child.kill()
