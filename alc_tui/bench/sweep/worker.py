"""Runs one LNL and the runs that share it in a separate process: `python -m alc_tui.bench.sweep.worker JOB`.

JOB is the folder of a job. The worker finds there what to do, and reports there how each run went.
"""

from __future__ import annotations

import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

from alc_tui.bench.suites import Run
from alc_tui.bench.sweep.files import JobFolder, JobRequest, RunReport, load, save
from alc_tui.errors import AlcError, SessionUnavailable, UsageError
from alc_tui.parent import end_with_parent
from alc_tui.session import create
from alc_tui.session.store import lock
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Event, EventLog
from alc_tui.session.store.folder import SessionFolder

LOCK_SECONDS = lock.LEASE_SECONDS + 60.0
"""How long to wait for a worker that was killed, perhaps with its node, to lose the session."""


def run_job(job: JobFolder, request: JobRequest, held: lock.WriterLock) -> None:
    """Run everything in the request that is missing; a failed run does not stop the others. held: the job's lock.

    Raises SessionUnavailable, and reports no failure, if another process has taken over the job.
    """
    try:
        session = _learn(job.session, request)
    except Exception as error:
        held.check()
        for run in request.runs:
            save(RunReport(error=_sentence(error)), job.report(run.id))
        return
    for run in request.runs:
        try:
            _replay(session, run, job.report(run.id))
        except Exception as error:
            held.check()
            save(RunReport(error=_sentence(error)), job.report(run.id))


def _learn(folder: SessionFolder, request: JobRequest) -> SessionFolder:
    """Create the session and run its LNL, or resume where an earlier worker stopped."""
    from alc_tui.session.training.advance import advance

    _remove_incomplete(folder.path.parent, f".{folder.name}.*")
    _remove_incomplete(folder.path / "replays", ".*")
    if not folder.document.is_file():
        draft = create.check(*request.runs[0].lnl_run.resolved, device=request.device)
        create.write(draft, folder.path.parent, folder.name)
    if not Document(folder.document).rounds:
        wait_for(folder.worker_lock)
        with lock.WriterLock(folder.worker_lock, "training") as held:
            advance(folder, held.guarded(EventLog(folder.events).write))
    return folder


def _remove_incomplete(folder: Path, pattern: str) -> None:
    """Remove incomplete folders left by a killed worker."""
    for path in folder.glob(pattern):
        shutil.rmtree(path, ignore_errors=True)


def wait_for(path: Path, seconds: float = LOCK_SECONDS) -> None:
    """Wait until a killed worker has released a lock."""
    deadline = time.monotonic() + seconds
    while lock.is_held(path) and time.monotonic() < deadline:
        time.sleep(0.1)


def _replay(session: SessionFolder, run: Run, report: Path) -> None:
    """Do `alc session replay` of the session with the run's sampler, departures and oracle.

    The replay's networks are deleted to save disk space: its document keeps the result. The session
    keeps those of LNL, so that a sampler that is added to the suite later can replay it.
    """
    import torch

    from alc_tui.session import replay

    def ignore(_event: Event) -> None:
        """The replay's log has the event."""

    oracle = replay.parse_oracle(run.oracle, session, session.path.parent)
    folder = replay.prepare(session, oracle, run.replay_changes, ignore)
    save(RunReport(folder.name, torch.get_num_threads()), report)
    for path in (folder.worker_lock, folder.label_lock):
        wait_for(path)
    replay.run(folder, oracle, ignore)
    replay.drop_weights(folder)
    save(RunReport(folder.name, torch.get_num_threads(), is_done=True), report)


def _sentence(error: Exception) -> str:
    """The error in a sentence; the traceback of an unexpected one goes to stderr, the worker's log."""
    if isinstance(error, AlcError | SessionUnavailable):
        return str(error)
    traceback.print_exc()
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}; check the path, its permissions, and the free space."
    return f"{type(error).__name__}: {error}; the log has the traceback."


def run(job: JobFolder, patience: float = LOCK_SECONDS) -> int:
    """Do the job; returns an exit code. patience: how many seconds to wait for another worker that has it."""
    request = load(JobRequest, job.request)
    if request is None:
        sys.stderr.write(f"{job.request} cannot be read; put the store into a folder that all nodes share.\n")
        return UsageError.exit_code
    try:
        wait_for(job.lock, patience)
        with lock.WriterLock(job.lock, "a job of a sweep") as held:
            run_job(job, request, held)
    except SessionUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    end_with_parent()
    sys.exit(run(JobFolder(Path(sys.argv[1]))))
