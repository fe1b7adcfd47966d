"""The adapter of Ray, on a small cluster of this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from alc_tui.bench.engines.engine import Phase, Task, TaskState
from alc_tui.bench.engines.nodes import check_nodes
from alc_tui.errors import AlcError

if TYPE_CHECKING:
    from alc_tui.bench.engines.ray import RayEngine

ray: Any = pytest.importorskip("ray", reason="needs the extra ray")
pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
CODE = """
import os, sys, time
from pathlib import Path
what, path = sys.argv[1], Path(sys.argv[2])
print(what, flush=True)
if what == "wait":
    path.write_text(str(os.getpid()))
    time.sleep(600)
sys.exit(3 if what == "fail" else 0)
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayEngine]:
    from alc_tui.bench.engines.ray import RayEngine

    modules = tmp_path_factory.mktemp("modules")
    (modules / "a_task_for_ray.py").write_text(CODE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{modules}{os.pathsep}{ROOT}")
        ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=80_000_000)
        yield RayEngine()
        ray.shutdown()


def task(tmp_path: Path, what: str, node: str | None = None) -> Task:
    return Task("a_task_for_ray", (what, str(tmp_path / "pid")), tmp_path / f"{what}.log", node)


def wait_until_ended(engine: RayEngine, id_: str, seconds: float = 120) -> TaskState:
    deadline = time.monotonic() + seconds
    while (state := engine.states([id_])[id_]).phase is not Phase.ENDED:
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)
    return state


def test_a_task_runs_on_a_node_and_its_state_says_how_it_ended(engine: RayEngine, tmp_path: Path) -> None:
    done, failed = engine.submit([task(tmp_path, "work"), task(tmp_path, "fail")])
    assert "with exit code 0" in wait_until_ended(engine, done).text
    state = wait_until_ended(engine, failed)
    assert "with exit code 3" in state.text and not state.is_lost
    assert (tmp_path / "work.log").read_text() == "work\n"
    assert engine.states([]) == {}


def test_a_task_whose_log_cannot_be_written_fails_with_the_reason(engine: RayEngine, tmp_path: Path) -> None:
    (id_,) = engine.submit([task(tmp_path / "nowhere", "work")])
    assert "nowhere" in wait_until_ended(engine, id_).text


def test_a_cancelled_task_ends_with_its_process(engine: RayEngine, tmp_path: Path) -> None:
    (id_,) = engine.submit([task(tmp_path, "wait")])
    deadline = time.monotonic() + 120
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)
    pid = int((tmp_path / "pid").read_text())
    engine.cancel([id_])
    assert engine.states([id_])[id_].phase is Phase.ENDED
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < deadline:  # the task is cancelled before its process has ended
            os.kill(pid, 0)
            time.sleep(0.05)


def test_no_more_tasks_are_submitted_than_the_cluster_soon_has_room_for(engine: RayEngine) -> None:
    from alc_tui.bench.engines.ray import RayEngine

    assert engine.at_once == 4 and RayEngine(parallel=3).at_once == 3
    assert not engine.has_gpus


def test_each_node_is_asked_whether_it_shares_the_folder_and_has_the_data(engine: RayEngine, tmp_path: Path) -> None:
    answers = check_nodes(engine, tmp_path, [tmp_path])
    assert list(answers) == list(engine.nodes()) and len(answers) == 1 and None not in answers.values()
    with pytest.raises(AlcError, match=f"Node .* has no {tmp_path}/nowhere"):
        check_nodes(engine, tmp_path, [tmp_path / "nowhere"])
