"""What sweeps cost beside their training: planning, starting jobs, following them, and the memory of the front.

Plans a suite of 10,000 runs in 2,000 jobs of 20 configurations, without measuring the network. Has processes of this
machine do 200 jobs of no work, and starts as many processes that do nothing, which is the engine's own time. Follows
2,000 runs in 400 jobs that end at once, and reads the largest memory of that process. Prints JSON lines.

    python -m benchmarks.sweep_scale
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alc_tui.bench.engines.engine import Engine, Phase, Task, TaskState
from alc_tui.bench.engines.local import LocalEngine
from alc_tui.bench.results import read
from alc_tui.bench.suites import find_suite
from alc_tui.bench.sweep.files import JobFolder, sweep_folder
from alc_tui.bench.sweep.plan import plan_sweep
from alc_tui.bench.sweep.progress import SweepProgress
from alc_tui.bench.sweep.runner import run_jobs
from alc_tui.cli.bench.output import StatusLine
from alc_tui.session.store.folder import SessionFolder
from benchmarks.cluster.idle_worker import TEMPLATE, finish_runs
from benchmarks.session_scale import make

SAMPLERS = ("random", "entropy", "margin", "least-confidence", "coreset")
AT_ONCE = 2


@dataclass
class InstantEngine:
    """Does each job within this process as soon as it is asked for its state."""

    template: Path
    name: str = "instant"
    outlives: bool = False
    at_once: int | None = None
    poll_seconds: float = 0.0
    lag_seconds: float = 0.0
    tasks: list[Task] = field(default_factory=list)

    def nodes(self) -> Sequence[str]:
        """None."""
        return ()

    def submit(self, tasks: Sequence[Task]) -> list[str]:
        """Remember the tasks."""
        self.tasks += tasks
        return [str(len(self.tasks) - len(tasks) + number) for number in range(len(tasks))]

    def states(self, ids: Collection[str]) -> Mapping[str, TaskState]:
        """Do the tasks."""
        for each in ids:
            finish_runs(JobFolder(Path(self.tasks[int(each)].words[0])), self.template)
        return dict.fromkeys(ids, TaskState(Phase.ENDED))

    def cancel(self, ids: Collection[str]) -> None:
        """Nothing runs."""


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100, help="of the suite that is planned: 100 runs each")
    parser.add_argument("--jobs", type=int, default=200, help="of no work")
    parser.add_argument("--runs", type=int, default=2000, help="that the front follows, five a job")
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    parser.add_argument("--follow", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.small:
        asked.seeds, asked.jobs, asked.runs = 1, 2, 10
    if asked.follow is not None:
        follow(asked.follow, asked.runs)
        return
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        make(SessionFolder(work / "template"), 300, queued=10)
        print(json.dumps({"cores": os.cpu_count(), **plan(work, asked.seeds)}), flush=True)
        print(json.dumps(idle_jobs(work, asked.jobs)), flush=True)
        words = ["--follow", folder, "--runs", str(asked.runs)]
        subprocess.run([sys.executable, "-m", "benchmarks.sweep_scale", *words], check=True)


def plan(work: Path, seeds: int) -> dict[str, float]:
    """Seconds for a suite of 2 methods × 5 samplers × 10 rates × seeds, whose images have been decoded."""
    axes = {"sampler": SAMPLERS, "lr": [rate / 100 for rate in range(1, 11)]}
    path = write_suite(work / "large.toml", seeds, axes, methods=("ct-vog", "ct"))
    plan_sweep(find_suite(str(path)).runs[:1], set(), is_local=False)
    began, used = time.perf_counter(), time.process_time()
    runs = find_suite(str(path)).runs
    planned = plan_sweep(runs, set(), is_local=False)
    return {
        "planned_runs": len(runs),
        "planned_jobs": len(planned.jobs),
        "failures": len(planned.failures),
        "plan_seconds": round(time.perf_counter() - began, 2),
        "plan_processor_seconds": round(time.process_time() - used, 2),
    }


def idle_jobs(work: Path, jobs: int) -> dict[str, float]:
    """Seconds for jobs of no work, submitted, run, and reported; and for processes that do nothing."""
    path = write_suite(work / "idle.toml", jobs, {})
    os.environ[TEMPLATE] = str(work / "template")
    began, used = time.perf_counter(), processor_seconds()
    results = sweep(work, path, LocalEngine(AT_ONCE), "benchmarks.cluster.idle_worker")
    seconds, used = time.perf_counter() - began, processor_seconds() - used
    engine, log = LocalEngine(AT_ONCE), work / "log"
    alone, used_alone = time.perf_counter(), processor_seconds()
    active: list[str] = []
    for _ in range(jobs):
        active += engine.submit([Task("benchmarks.cluster.nothing", (), log)])
        while sum(state.phase is not Phase.ENDED for state in engine.states(active).values()) >= AT_ONCE:
            time.sleep(0.01)
    engine_seconds = time.perf_counter() - alone
    return {
        "idle_jobs": jobs,
        "results": results,
        "seconds": round(seconds, 1),
        "engine_seconds": round(engine_seconds, 1),
        "beyond_engine_seconds": round(seconds - engine_seconds, 1),
        "beyond_engine_processor_seconds": round(used - (processor_seconds() - used_alone), 1),
    }


def processor_seconds() -> float:
    """Those of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def follow(work: Path, runs: int) -> None:
    """Follow jobs that end at once, and print the largest memory of this process."""
    path = write_suite(work / "many.toml", runs // len(SAMPLERS), {"sampler": SAMPLERS})
    began = time.perf_counter()
    results = sweep(work, path, InstantEngine(work / "template"))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = round(time.perf_counter() - began, 1)
    print(json.dumps({"followed_runs": results, "seconds": seconds, "front_mb": round(memory)}))


def sweep(work: Path, path: Path, engine: Engine, worker: str = "none") -> int:
    """Run a suite; returns the number of its results."""
    suite = find_suite(str(path))
    folder = sweep_folder(work / "store", suite.name)
    folder.sessions.mkdir(parents=True)
    planned = plan_sweep(suite.runs, set(), is_local=False)
    progress = SweepProgress(planned.jobs, done=0, total=len(suite.runs), failed=0, at_once=AT_ONCE)
    failures = run_jobs(planned.jobs, folder, engine, progress, StatusLine().show, worker=worker)
    if failures:
        raise SystemExit(failures[0].reason)
    return len(read(folder.results)[0])


def write_suite(
    path: Path, seeds: int, axes: Mapping[str, Sequence[object]], methods: Sequence[str] = ("ct-vog",)
) -> Path:
    """A suite on the demo data."""
    grid = {"sampler": ["random"], "method": list(methods), "seed": list(range(seeds)), **axes}
    lines = [f"{name} = {json.dumps(values)}" for name, values in grid.items()]
    path.write_text('[settings]\ndataset = "demo"\nnoise = 0.5\n[[grid]]\n' + "\n".join(lines) + "\n")
    return path


if __name__ == "__main__":
    main()
