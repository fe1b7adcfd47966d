"""Has an engine do a plan's jobs, follows them in the files of the store, and appends their results as they arrive.

If it is killed, the next sweep resumes from the last finished epoch of each session. Prints nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from alc_tui.bench.engines.engine import Engine, Phase, Task, TaskState
from alc_tui.bench.results import ResultLog
from alc_tui.bench.suites import Run
from alc_tui.bench.sweep.files import JobFolder, JobRequest, RunReport, Submission, SweepFolder, load, save
from alc_tui.bench.sweep.outcome import read_result
from alc_tui.bench.sweep.plan import Failure, Job
from alc_tui.bench.sweep.progress import SweepProgress, SweepStatus
from alc_tui.data.files.shared import make_folder
from alc_tui.data.files.temporary import remove
from alc_tui.errors import AlcError, SessionUnavailable
from alc_tui.session.store import lock
from alc_tui.session.store.events import Epoch, EventReader
from alc_tui.session.store.folder import SessionFolder

WORKER = "alc_tui.bench.sweep.worker"
"""The module that does a job."""
RESUBMISSIONS = 5
"""How often a job is submitted again that its node or the scheduler ended."""


@contextmanager
def locked(folder: SweepFolder) -> Iterator[None]:
    """Create the folder and hold its lock; raises SessionUnavailable, naming the holder, if it is already locked."""
    make_folder(folder.sessions)
    writer = lock.WriterLock(folder.lock, "a sweep")
    try:
        writer.acquire()
    except SessionUnavailable as error:
        holder = lock.holder(folder.lock) or "another process"
        raise SessionUnavailable(
            f"The suite {folder.path.name!r} is already being run by {holder}; wait until it ends."
        ) from error
    try:
        yield
    finally:
        writer.release()


@dataclass(frozen=True)
class Attachment:
    """What does a job that is not to be submitted. id: that of the engine, None if it was submitted to another one.
    is_live: whether the engine's task has not ended; otherwise another process does the job."""

    id: str | None
    is_live: bool


def running_jobs(jobs: Sequence[Job], folder: SweepFolder, engine: Engine) -> dict[str, Attachment]:
    """What does the jobs that an earlier sweep submitted and that have not ended, by session, whatever runs them."""
    ids = {}
    if engine.outlives:
        submissions = {job.session: load(Submission, folder.job(job.session).submission) for job in jobs}
        ids = {name: each.id for name, each in submissions.items() if each and each.engine == engine.name}
    states = engine.states(ids.values()) if ids else {}
    live = {name for name, id_ in ids.items() if states[id_].phase is not Phase.ENDED}
    return {
        job.session: Attachment(ids.get(job.session), job.session in live)
        for job in jobs
        if job.session in live or lock.is_held(folder.job(job.session).lock)
    }


def run_jobs(
    jobs: Sequence[Job],
    folder: SweepFolder,
    engine: Engine,
    progress: SweepProgress,
    on_status: Callable[[SweepStatus], None],
    *,
    cancels: Callable[[int], bool] = lambda _jobs: True,
    worker: str = WORKER,
) -> list[Failure]:
    """Do the jobs and append each result; returns the runs that failed. Jobs that run already are followed.

    On KeyboardInterrupt, the workers write their last epochs to disk and exit before it is re-raised. If the engine's
    tasks outlive this process, they go on unless `cancels`, called with the number of jobs, returns True. worker: the
    module that does a job.
    """
    sweep = _Sweep(folder, engine, progress, on_status, worker)
    try:
        sweep.run(jobs)
    except BaseException as error:
        ids = sweep.ids
        if ids and (not engine.outlives or (isinstance(error, KeyboardInterrupt) and cancels(len(ids)))):
            engine.cancel(ids)
        raise
    return sweep.failures


def _now() -> datetime:
    """The time as events tell it, in whole milliseconds."""
    return datetime.fromisoformat(datetime.now(UTC).isoformat(timespec="milliseconds"))


@dataclass
class _Active:
    """A submitted job. id: that of the engine, None if another one runs it. pending: runs without a result or error
    yet, by id. requested: the ids of those that the job does. submissions: how often it was submitted. is_stale:
    whether it had ended before this sweep, and only its lease is left. ended: when it was seen that it has ended."""

    job: Job
    files: JobFolder
    id: str | None
    pending: dict[str, Run]
    requested: frozenset[str]
    submissions: int
    is_stale: bool
    ended: float | None = None
    readers: dict[Path, EventReader] = field(default_factory=dict)


@dataclass
class _Sweep:
    folder: SweepFolder
    engine: Engine
    progress: SweepProgress
    on_status: Callable[[SweepStatus], None]
    worker: str
    failures: list[Failure] = field(default_factory=list)
    active: list[_Active] = field(default_factory=list)
    began: datetime = field(default_factory=_now)

    def __post_init__(self) -> None:
        self.results = ResultLog(self.folder.results)

    def run(self, jobs: Sequence[Job]) -> None:
        waiting = [(job, 1) for job in self._attach(jobs)]
        while waiting or self.active:
            if waiting and (free := (self.engine.at_once or len(jobs)) - len(self.ids)) > 0:
                self._submit(waiting[:free])
                del waiting[:free]
            # States first: a job that has ended has written all that there is to read.
            states = self.engine.states(self.ids)
            for active in list(self.active):
                state = TaskState(Phase.ENDED) if active.id is None else states[active.id]
                if state.phase is not Phase.WAITING:
                    self._follow(active)
                if state.phase is Phase.ENDED and self._is_over(active):
                    waiting += self._end(active, state)
            notices = sorted({state.text for state in states.values() if not state.is_known})
            self.on_status(replace(self.progress.status(), notices=tuple(notices)))
            if self.active:
                time.sleep(self.engine.poll_seconds)

    @property
    def ids(self) -> list[str]:
        """The engine's tasks."""
        return [active.id for active in self.active if active.id is not None]

    def _attach(self, jobs: Sequence[Job]) -> list[Job]:
        """Follow what earlier sweeps submitted and has not ended; returns the other jobs."""
        attachments = running_jobs(jobs, self.folder, self.engine)
        for job in jobs:
            if (attached := attachments.get(job.session)) is not None:
                request = load(JobRequest, self.folder.job(job.session).request)
                self._add(job, attached.id, request.runs if request else (), 1, is_stale=not attached.is_live)
        return [job for job in jobs if job.session not in attachments]

    def _submit(self, jobs: Sequence[tuple[Job, int]]) -> None:
        tasks = []
        make_folder(self.folder.path / "logs")
        for job, _ in jobs:
            files = self.folder.job(job.session)
            make_folder(files.path)
            for run in job.runs:
                if not _is_useful(files, run):
                    files.report(run.id).unlink(missing_ok=True)
            save(JobRequest(job.runs, job.device), files.request)
            log = self.folder.log(job.session)
            tasks.append(Task(self.worker, (str(files.path.absolute()),), log.absolute()))
        ids = self.engine.submit(tasks)
        for (job, submissions), id_ in zip(jobs, ids, strict=True):
            self._add(job, id_, job.runs, submissions)
        for (job, _), id_ in zip(jobs, ids, strict=True):
            save(Submission(self.engine.name, id_), self.folder.job(job.session).submission)

    def _add(
        self, job: Job, id_: str | None, requested: Sequence[Run], submissions: int, *, is_stale: bool = False
    ) -> None:
        files, pending = self.folder.job(job.session), {run.id: run for run in job.runs}
        ids = frozenset(run.id for run in requested)
        self.active.append(_Active(job, files, id_, pending, ids, submissions, is_stale))

    def _follow(self, active: _Active) -> None:
        """Take over the reports of the runs, and the events of the one in progress."""
        current: tuple[str | None, SessionFolder] = None, active.files.session
        for run in [run for run in active.pending.values() if run.id in active.requested]:
            report = load(RunReport, active.files.report(run.id))
            if report is None:
                continue
            if report.error is not None:
                self._fail(active, run, report.error)
            elif report.is_done:
                self._add_result(active, run, report)
            else:
                current = run.id, active.files.session.replay(report.replay)
        self._read_events(active, *current)

    def _read_events(self, active: _Active, run: str | None, folder: SessionFolder) -> None:
        reader = active.readers.setdefault(folder.path, EventReader(folder.events))
        for at, event in reader.poll_timed():
            if isinstance(event, Epoch):
                is_new = at is not None and at >= self.began
                self.progress.add_epoch(active.job, run, event.round, event.epoch, event.epochs, is_new=is_new)

    def _add_result(self, active: _Active, run: Run, report: RunReport) -> None:
        try:
            result = read_result(active.files, run, report)
        except OSError:  # a network file system may have it in a moment
            return
        except (AlcError, ValueError) as error:
            self._fail(active, run, str(error))
            return
        self.results.append(result)
        del active.pending[run.id]
        self.progress.add_result(active.job, run.id)

    def _fail(self, active: _Active, run: Run, reason: str) -> None:
        del active.pending[run.id]
        self.failures.append(Failure(run, reason))
        self.progress.add_failure(active.job, run.id)

    def _is_over(self, active: _Active) -> bool:
        """Whether a job that has ended has nothing more to say, and no other process does it."""
        now = time.monotonic()
        active.ended = active.ended or now
        if not active.pending:
            return True
        return now - active.ended >= self.engine.lag_seconds and not lock.is_held(active.files.lock)

    def _end(self, active: _Active, state: TaskState) -> list[tuple[Job, int]]:
        """Remove a job; returns what of it is to be submitted again."""
        self.active.remove(active)
        rest = [run for run in active.pending.values() if run.id not in active.requested]
        is_lost = state.is_lost or active.is_stale
        if is_lost and active.submissions <= RESUBMISSIONS:
            rest = list(active.pending.values())
        for run in [run for run in active.pending.values() if run not in rest]:
            self._fail(active, run, f"its process ended {state.text}; see {self.folder.log(active.job.session)}.")
        if rest:
            return [(active.job.with_runs(rest), active.submissions + is_lost)]
        self.progress.end(active.job)
        if not any(failure.run in active.job.runs for failure in self.failures):
            remove(active.files.path)
        return []


def _is_useful(files: JobFolder, run: Run) -> bool:
    """Whether the report of an earlier job on a run tells of a replay that exists."""
    report = load(RunReport, files.report(run.id))
    return report is not None and report.error is None and files.session.replay(report.replay).document.exists()
