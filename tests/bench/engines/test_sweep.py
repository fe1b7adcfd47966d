"""A sweep on each engine, with a worker that has no work to do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from alc_tui.bench.engines.engine import Engine, Phase, TaskState
from alc_tui.bench.engines.local import LocalEngine
from alc_tui.bench.engines.slurm import SlurmEngine
from alc_tui.bench.results import read
from alc_tui.bench.suites import find_suite
from alc_tui.bench.sweep.files import sweep_folder
from alc_tui.bench.sweep.plan import plan_sweep
from alc_tui.bench.sweep.progress import SweepProgress, SweepStatus
from alc_tui.bench.sweep.runner import run_jobs
from alc_tui.session.store.folder import SessionFolder
from benchmarks.cluster.idle_worker import TEMPLATE
from tests.bench import examples

ROOT = Path(__file__).parents[3]


def local(_folder: Path) -> Engine:
    return LocalEngine(2)


def slurm(folder: Path) -> Engine:
    pytest.importorskip("submitit", reason="needs the extra slurm")

    def query(ids: Collection[str]) -> Mapping[str, TaskState]:
        jobs = {job.job_id: job for job in engine.jobs}
        return {each: TaskState(Phase.ENDED if jobs[each].done() else Phase.RUNNING) for each in ids}

    engine = SlurmEngine(folder / "slurm", {}, 2, cluster="local", query=query)
    engine.poll_seconds, engine.lag_seconds = 0.05, 0.5
    return engine


def ray(_folder: Path) -> Engine:
    cluster: Any = pytest.importorskip("ray", reason="needs the extra ray")
    from alc_tui.bench.engines.ray import RayEngine

    cluster.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=80_000_000)
    return RayEngine()


@pytest.mark.slow
@pytest.mark.parametrize("make", [local, slurm, ray])
def test_a_sweep_ends_with_a_result_of_each_run(
    make: Callable[[Path], Engine],
    trained: SessionFolder,
    colors: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv(TEMPLATE, str(trained.path))
    grid = 'method = ["ct", "ce"]\nsampler = ["random", "entropy"]\nseed = [0, 1]\n'
    runs = find_suite(str(examples.write_suite(tmp_path / "mine.toml", colors, grid))).runs
    plan, folder = plan_sweep(runs, set(), is_local=False), sweep_folder(tmp_path / "store", "mine")
    folder.sessions.mkdir(parents=True)
    progress, seen = SweepProgress(plan.jobs, done=0, total=len(runs), failed=0, at_once=2), list[SweepStatus]()
    engine = make(tmp_path)
    try:
        assert run_jobs(plan.jobs, folder, engine, progress, seen.append, worker="benchmarks.cluster.idle_worker") == []
    finally:
        if make is ray:
            pytest.importorskip("ray").shutdown()
    assert {result.id for result in read(folder.results)[0]} == {run.id for run in runs}
    assert len(folder.results.read_text().splitlines()) == len(runs) == 8 == seen[-1].done
    assert folder.jobs() == []
