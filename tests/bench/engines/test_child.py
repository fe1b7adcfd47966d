"""Tasks in processes that an engine starts on a node."""

from __future__ import annotations

import _thread
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from alc_tui.bench.engines import child
from alc_tui.bench.engines.child import Supervisor
from alc_tui.bench.engines.engine import Task
from alc_tui.interpreter import module_environment


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Task:
    """A task that ends only when it is told to."""
    (tmp_path / "a_task_that_waits.py").write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return Task("a_task_that_waits", (), tmp_path / "log", None)


@pytest.mark.parametrize("pause", [0.0, 1.0])
def test_a_task_that_is_interrupted_as_soon_as_its_process_runs_leaves_none_behind(
    task: Task, pause: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start_child = child.start_child

    def start_and_interrupt(task: Task, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        started.append(start_child(task, environment))
        _thread.interrupt_main()
        time.sleep(pause)
        return started[0]

    monkeypatch.setattr(child, "start_child", start_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        Supervisor(task, module_environment()).run()
    assert started[0].returncode is not None
    with pytest.raises(ProcessLookupError):
        os.kill(started[0].pid, 0)


def test_a_task_that_is_stopped_before_it_runs_never_starts(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Task] = []
    monkeypatch.setattr(child, "start_child", lambda task, _: started.append(task))
    supervisor = Supervisor(task, module_environment())
    supervisor.stop()
    assert supervisor.run() < 0 and not started


def test_a_task_that_cannot_be_started_says_why(task: Task, tmp_path: Path) -> None:
    unwritable = Task(task.module, task.words, tmp_path / "nowhere" / "log", None)
    with pytest.raises(OSError, match="nowhere"):
        Supervisor(unwritable, module_environment()).run()
