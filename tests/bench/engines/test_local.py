from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alc_tui.bench.engines.engine import Phase, Task
from alc_tui.bench.engines.local import LocalEngine, with_threads

ROOT = Path(__file__).parents[3]
WAITS = """
import os, sys, time
from pathlib import Path
from alc_tui.parent import end_with_parent
end_with_parent()
Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(600)
"""
FRONT = """
import sys, time
from pathlib import Path
from alc_tui.bench.engines.engine import Task
from alc_tui.bench.engines.local import LocalEngine
engine = LocalEngine(1)
engine.submit([Task("waits", (sys.argv[1],), Path(sys.argv[1] + ".log"))])
time.sleep(600)
"""


@pytest.mark.parametrize(("given", "threads"), [("", "4"), ("2", "2"), ("9", "4"), ("4,2", "4"), ("0", "1")])
def test_a_process_has_at_least_one_thread_and_as_many_as_the_environment_allows(given: str, threads: str) -> None:
    assert with_threads({"OMP_NUM_THREADS": given}, 4)["OMP_NUM_THREADS"] == threads


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that tasks can run."""
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    (tmp_path / "waits.py").write_text(WAITS)
    (tmp_path / "ends.py").write_text("import sys\nprint('done')\nsys.exit(int(sys.argv[1]))\n")
    return tmp_path


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def pid_in(path: Path) -> int:
    wait_for(lambda: path.exists() and path.read_text() != "")
    return int(path.read_text())


def test_a_task_is_a_process_whose_state_says_how_it_ended(modules: Path) -> None:
    engine, log = LocalEngine(2), modules / "log"
    ids = engine.submit([Task("ends", (code,), log) for code in ("0", "3")])
    wait_for(lambda: all(state.phase is Phase.ENDED for state in engine.states(ids).values()))
    texts = [engine.states(ids)[each].text for each in ids]
    assert texts == [f"with exit code {code}, possibly out of memory" for code in (0, 3)]
    assert log.read_text() == "done\ndone\n"


def test_a_cancelled_task_has_ended(modules: Path) -> None:
    engine = LocalEngine(1)
    ids = engine.submit([Task("waits", (str(modules / "pid"),), modules / "log")])
    pid = pid_in(modules / "pid")
    assert engine.states(ids)[ids[0]].phase is Phase.RUNNING
    engine.cancel(ids)
    assert not is_running(pid) and "by signal 15" in engine.states(ids)[ids[0]].text


def test_a_task_ends_with_the_process_that_started_it_even_after_kill_9(modules: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", FRONT, str(modules / "pid")]) as front:
        pid = pid_in(modules / "pid")
        front.send_signal(signal.SIGKILL)
    wait_for(lambda: not is_running(pid))
