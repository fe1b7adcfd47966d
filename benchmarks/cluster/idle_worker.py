"""A worker without work, to measure what engines and sweeps cost by themselves: each run ends at once.

`python -m benchmarks.cluster.idle_worker JOB`; `ALC_IDLE_TEMPLATE` is the folder of the finished session or replay.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from alc_tui.bench.sweep.files import JobFolder, JobRequest, RunReport, load, save
from alc_tui.parent import end_with_parent

TEMPLATE = "ALC_IDLE_TEMPLATE"


def finish_runs(job: JobFolder, template: Path) -> None:
    """Report each run of the job as done, with the rounds of the template."""
    request = load(JobRequest, job.request)
    if request is None:
        raise SystemExit(f"{job.request} cannot be read.")
    for run in request.runs:
        replay = job.session.replay(f"replay-{run.id}")
        replay.path.mkdir(parents=True, exist_ok=True)
        for name in ("session.json", "samples.npz"):
            shutil.copyfile(template / name, replay.path / name)
        save(RunReport(replay.name, 1, is_done=True), job.report(run.id))


if __name__ == "__main__":
    end_with_parent()
    finish_runs(JobFolder(Path(sys.argv[1])), Path(os.environ[TEMPLATE]))
