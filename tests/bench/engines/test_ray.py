"""The adapter of Ray, on a small cluster of this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from alc_tui.bench.engines.engine import Phase, Task, TaskState
from alc_tui.bench.engines.nodes import check_nodes
from alc_tui.bench.sweep.files import sweep_folder
from alc_tui.errors import AlcError, UsageError

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
    path.write_text(f"{os.getpid()} on GPU {os.environ.get('CUDA_VISIBLE_DEVICES')}")
    time.sleep(600)
if what == "look":
    print(os.getcwd(), *(os.environ.get(name) for name in ("ALC_DATA", "ALC_CACHE")))
sys.exit(3 if what == "fail" else 0)
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayEngine]:
    from alc_tui.bench.engines.ray import RayEngine

    modules = tmp_path_factory.mktemp("modules")
    (modules / "a_task_for_ray.py").write_text(CODE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{modules}{os.pathsep}{ROOT}")
        options = {"include_dashboard": False, "log_to_driver": False, "object_store_memory": 80_000_000}
        ray.init("local", num_cpus=3, num_gpus=1, **options)
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


def started(files: list[Path], number: int) -> list[str]:
    """What the tasks wrote into so many of the files, once they have."""
    deadline = time.monotonic() + 120
    while len(texts := [file.read_text() for file in files if file.exists() and file.stat().st_size]) < number:
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)
    return texts


def test_a_task_runs_on_a_node_and_its_state_says_how_it_ended(engine: RayEngine, tmp_path: Path) -> None:
    done, failed = engine.submit([task(tmp_path, "work"), task(tmp_path, "fail")])
    assert "with exit code 0" in wait_until_ended(engine, done).text
    state = wait_until_ended(engine, failed)
    assert "with exit code 3" in state.text and not state.is_lost
    assert (tmp_path / "work.log").read_text() == "work\n"
    assert engine.states([]) == {}


def test_a_task_works_in_the_folder_and_with_the_variables_of_the_command(
    engine: RayEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALC_DATA", "images")
    monkeypatch.setenv("ALC_CACHE", "/cache")
    (id_,) = engine.submit([task(tmp_path, "look")])
    wait_until_ended(engine, id_)
    assert (tmp_path / "look.log").read_text() == f"look\n{tmp_path} images /cache\n"


def test_a_node_without_the_working_folder_says_so(tmp_path: Path) -> None:
    from alc_tui.bench.engines.ray import run_task

    with pytest.raises(FileNotFoundError, match=f"the working folder {tmp_path}/nowhere is not on the node"):
        run_task(replace(task(tmp_path, "work"), folder=tmp_path / "nowhere"), 1, {})


def test_a_task_whose_log_cannot_be_written_fails_with_the_reason(engine: RayEngine, tmp_path: Path) -> None:
    (id_,) = engine.submit([task(tmp_path / "nowhere", "work")])
    assert "nowhere" in wait_until_ended(engine, id_).text


def test_a_cancelled_task_ends_with_its_process(engine: RayEngine, tmp_path: Path) -> None:
    (id_,) = engine.submit([task(tmp_path, "wait")])
    pid = int(started([tmp_path / "pid"], 1)[0].split()[0])
    engine.cancel([id_])
    assert engine.states([id_])[id_].phase is Phase.ENDED
    deadline = time.monotonic() + 120
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < deadline:  # the task is cancelled before its process has ended
            os.kill(pid, 0)
            time.sleep(0.05)


def test_no_more_tasks_are_submitted_than_the_cluster_soon_has_room_for(engine: RayEngine) -> None:
    from alc_tui.bench.engines.ray import RayEngine

    assert engine.at_once == 6 and RayEngine(gpu_share=0.5).at_once == 4 and RayEngine(parallel=3).at_once == 3


@pytest.mark.parametrize("threads", ["", "4,2", "0", "many"])
def test_a_number_of_threads_that_is_none_counts_as_one(
    engine: RayEngine, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    assert type(engine)().at_once == 6


def test_more_threads_than_a_node_has_processors_are_refused(
    engine: RayEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alc_tui.cli.bench.engines import EngineOptions, prepare_engine

    options, folder = EngineOptions("ray", None, {}, None), sweep_folder(tmp_path, "mine")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    prepare_engine(options, folder, [])
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    with pytest.raises(UsageError, match=r"OMP_NUM_THREADS is 4, but no node .* has more than 3 processors; set it to"):
        prepare_engine(options, folder, [])
    nodes = [{"Alive": True, "Resources": each} for each in ({"CPU": 64.0}, {"CPU": 2.0, "GPU": 1.0})]
    monkeypatch.setattr(ray, "nodes", lambda: nodes)
    type(engine)().check_threads()
    with pytest.raises(UsageError, match="no node with a GPU of the Ray cluster has more than 2 processors"):
        type(engine)(gpu_share=0.5).check_threads()


@pytest.mark.parametrize(
    ("given", "variable", "address"),
    [(None, None, "local"), (None, "head:6379", "head:6379"), ("auto", "head:6379", "auto")],
)
def test_without_an_address_ray_is_started_on_this_machine(
    engine: RayEngine, given: str | None, variable: str | None, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    if variable is not None:
        monkeypatch.setenv("RAY_ADDRESS", variable)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda address, **_: seen.append(address))
    type(engine)(given)
    assert seen == [address]


def test_a_cluster_that_refuses_the_connection_is_a_sentence_with_the_reason(
    engine: RayEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alc_tui.bench.engines.ray import RayEngine

    def refuse(**_: object) -> None:
        raise ray.exceptions.AuthenticationError("No authentication token was found. Ask for it.\nA second line")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(AlcError, match=r"reached: No authentication token was found; check --ray-address and .*TOKEN"):
        RayEngine("host:6379")


def test_as_many_tasks_run_on_a_gpu_as_their_shares_allow_and_each_is_told_which(
    engine: RayEngine, tmp_path: Path
) -> None:
    from alc_tui.bench.engines.ray import RayEngine

    assert engine.has_gpus
    sharing = RayEngine(gpu_share=0.5)
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    ids = sharing.submit([task(folder, "wait") for folder in folders])
    files = [folder / "pid" for folder in folders]
    assert [text.endswith("on GPU 0") for text in started(files, 2)] == [True, True]
    time.sleep(2.0)
    running = [id_ for id_, file in zip(ids, files, strict=True) if file.exists()]
    assert len(running) == 2, "the third has to wait for a half of the GPU"
    sharing.cancel(running[:1])
    started(files, 3)
    sharing.cancel(ids)


def test_each_node_is_asked_whether_it_shares_the_folder_and_has_the_data(engine: RayEngine, tmp_path: Path) -> None:
    answers = check_nodes(engine, tmp_path, [tmp_path])
    assert list(answers) == list(engine.nodes()) and len(answers) == 1 and None not in answers.values()
    with pytest.raises(AlcError, match=f"Node .* has no {tmp_path}/nowhere"):
        check_nodes(engine, tmp_path, [tmp_path / "nowhere"])
