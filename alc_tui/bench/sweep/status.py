"""How far the jobs of a suite are, read from the files of the store and asked of SLURM."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from alc_tui.bench.engines.engine import Phase, TaskState
from alc_tui.bench.engines.slurm import SlurmEngine
from alc_tui.bench.engines.slurm_commands import task_states
from alc_tui.bench.suites import Run
from alc_tui.bench.sweep.files import JobFolder, JobRequest, RunReport, Submission, SweepFolder, load
from alc_tui.errors import UsageError
from alc_tui.session.store import lock
from alc_tui.session.store.events import Epoch, EventReader

PLANNED, STOPPED, FAILED = "planned", "stopped", "failed"
"""States of a job beside those of its task: not begun; to be resumed; with runs that failed."""


@dataclass(frozen=True)
class JobStatus:
    """A job that is not done. state: `planned`, `waiting`, `running`, `stopped` or `failed`. where: its node, the
    process that holds it, or why it waits. done, total: numbers of runs. activity: the last epoch. errors: of its runs.
    """

    session: str
    engine: str
    id: str
    state: str
    where: str
    done: int
    total: int
    activity: str
    errors: tuple[str, ...]


def read_jobs(folder: SweepFolder, runs: Sequence[Run], done: Collection[str]) -> list[JobStatus]:
    """The jobs of these runs that are not done, in the suite's order. done: ids of the runs that have a result."""
    sharing: dict[str, list[Run]] = {}
    for run in runs:
        sharing.setdefault(run.session, []).append(run)
    jobs = {name: group for name, group in sharing.items() if any(run.id not in done for run in group)}
    submissions = {name: load(Submission, folder.job(name).submission) for name in jobs}
    ids = [each.id for each in submissions.values() if each is not None and each.engine == SlurmEngine.name]
    try:
        states = task_states(ids) if ids else {}
    except UsageError:
        states = dict.fromkeys(ids, TaskState(Phase.WAITING, "this machine has no squeue"))
    if lock.is_held(folder.lock):  # what the sweep has submitted waits unless it runs
        others = [each.id for each in submissions.values() if each is not None and each.engine != SlurmEngine.name]
        states |= dict.fromkeys(others, TaskState(Phase.WAITING))
    return [_status(folder.job(name), group, done, submissions[name], states) for name, group in jobs.items()]


def _status(
    job: JobFolder,
    runs: Sequence[Run],
    done: Collection[str],
    submission: Submission | None,
    states: dict[str, TaskState],
) -> JobStatus:
    reports = {run.id: load(RunReport, job.report(run.id)) for run in runs if run.id not in done}
    errors = tuple(each.error for each in reports.values() if each is not None and each.error is not None)
    finished = sum(run.id in done for run in runs) + sum(each is not None and each.is_done for each in reports.values())
    state, where = _state(job, None if submission is None else states.get(submission.id), bool(errors))
    return JobStatus(
        session=job.session.name,
        engine="" if submission is None else submission.engine,
        id="" if submission is None else submission.id,
        state=state,
        where=where,
        done=finished,
        total=len(runs),
        activity=_activity(job, runs, reports) if state in (Phase.RUNNING, STOPPED) else "",
        errors=errors,
    )


def _state(job: JobFolder, task: TaskState | None, has_failed: bool) -> tuple[str, str]:
    """The state, and where or why."""
    if lock.is_held(job.lock):
        return Phase.RUNNING, (
            task.text if task is not None and task.phase is Phase.RUNNING else lock.holder(job.lock)
        ) or ""
    if has_failed:
        return FAILED, ""
    if task is not None and task.phase is not Phase.ENDED:
        return task.phase, task.text
    return (STOPPED, "" if task is None else task.text) if load(JobRequest, job.request) else (PLANNED, "")


def _activity(job: JobFolder, runs: Sequence[Run], reports: dict[str, RunReport | None]) -> str:
    """The last epoch of what the job does now."""
    folder, sampler = job.session, ""
    for run in runs:
        report = reports.get(run.id)
        if report is not None and report.replay and not report.is_done:
            folder, sampler = job.session.replay(report.replay), run.config.sampler
    epochs = [event for event in EventReader(folder.events).poll() if isinstance(event, Epoch)]
    if not epochs:
        return ""
    last = epochs[-1]
    return f"{f'{sampler}, round {last.round}' if sampler else 'LNL'}, epoch {last.epoch} of {last.epochs}"
