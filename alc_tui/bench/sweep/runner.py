"""Runs a plan's jobs, several at once, each in a fresh interpreter, and appends their results as they arrive.

If it is killed, the next sweep resumes from the last finished epoch of each session. Prints nothing.
"""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from alc_tui.bench import results
from alc_tui.bench.suites import Run
from alc_tui.bench.sweep import capacity
from alc_tui.bench.sweep.messages import EpochMessage, ErrorMessage, Message, ResultMessage, load
from alc_tui.bench.sweep.plan import Failure, Job
from alc_tui.bench.sweep.progress import SweepProgress, SweepStatus
from alc_tui.bench.sweep.request import JobRequest
from alc_tui.data.files.shared import make_folder, open_to_write
from alc_tui.errors import SessionUnavailable
from alc_tui.interpreter import module_command, module_environment
from alc_tui.session.store import lock
from alc_tui.session.store.folder import BENCHMARKS

STOP_SECONDS = 60.0
"""How long to wait for a worker to write its last epoch to disk."""


@dataclass(frozen=True)
class SweepFolder:
    """`<store>/bench/<suite>`: the sessions and results of a suite."""

    path: Path

    @property
    def results(self) -> Path:
        """One line per finished run."""
        return self.path / "results.jsonl"

    @property
    def sessions(self) -> Path:
        """A store of the sessions that do the LNL; the runs are replays of them."""
        return self.path / "sessions"

    @property
    def lock(self) -> Path:
        """Held by the process that runs the suite."""
        return self.path / "lock"

    def log(self, session: str) -> Path:
        """The stderr of a session's worker."""
        return self.path / "logs" / f"{session}.log"


def sweep_folder(store: Path, suite: str) -> SweepFolder:
    """The folder of the suite of this name in a store."""
    return SweepFolder(store / BENCHMARKS / suite)


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


def run_jobs(
    jobs: Sequence[Job],
    folder: SweepFolder,
    at_once: int,
    progress: SweepProgress,
    on_status: Callable[[SweepStatus], None],
) -> list[Failure]:
    """Do the jobs, `at_once` at a time, and append each result; returns the runs that failed.

    On KeyboardInterrupt, the workers write their last epochs to disk and exit before it is re-raised.
    """
    sweep = _Sweep(folder, at_once, progress, on_status)
    try:
        sweep.run(jobs)
    finally:
        sweep.stop()
    return sweep.failures


@dataclass
class _Worker:
    """A worker process and its job. pending: runs without a result or error yet, by id."""

    job: Job
    process: subprocess.Popen[str]
    pending: dict[str, Run]


@dataclass
class _Sweep:
    folder: SweepFolder
    at_once: int
    progress: SweepProgress
    on_status: Callable[[SweepStatus], None]
    failures: list[Failure] = field(default_factory=list)
    _workers: list[_Worker] = field(default_factory=list)
    _lines: queue.SimpleQueue[tuple[_Worker, str]] = field(default_factory=queue.SimpleQueue)

    def run(self, jobs: Sequence[Job]) -> None:
        waiting = list(jobs)
        while waiting or self._workers:
            while waiting and len(self._workers) < self.at_once:
                self._start(waiting.pop(0))
            worker, line = self._lines.get()
            if not line:
                self._end(worker)
            elif (message := load(line)) is not None:
                self._handle(worker, message)
            self.on_status(self.progress.status())

    def stop(self) -> None:
        """Ask the workers to end, and wait for them."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            try:
                worker.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
        self._workers.clear()

    def _start(self, job: Job) -> None:
        log = self.folder.log(job.session)
        make_folder(log.parent)
        with os.fdopen(open_to_write(log, os.O_WRONLY | os.O_APPEND), "ab") as errors:
            process = subprocess.Popen(
                module_command("alc_tui.bench.sweep.worker"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                env=capacity.worker_environment(module_environment(), self.at_once),
                start_new_session=True,
            )
        worker = _Worker(job, process, {run.id: run for run in job.runs})
        self._workers.append(worker)
        request = JobRequest(self.folder.sessions.absolute(), job.runs, job.device)
        with suppress(BrokenPipeError):
            _pipe(process.stdin).write(request.as_json() + "\n")
            _pipe(process.stdin).flush()
        threading.Thread(target=self._listen, args=(worker,), daemon=True).start()

    def _listen(self, worker: _Worker) -> None:
        """Pass on the worker's lines, and an empty one after the last."""
        for line in _pipe(worker.process.stdout):
            self._lines.put((worker, line))
        self._lines.put((worker, ""))

    def _handle(self, worker: _Worker, message: Message) -> None:
        match message:
            case EpochMessage():
                self.progress.add_epoch(worker.job, message.run, message.round, message.epoch, message.epochs)
            case ResultMessage():
                results.append(self.folder.results, message.result)
                del worker.pending[message.run]
                self.progress.add_result(worker.job, message.run)
            case ErrorMessage():
                for run in list(worker.pending) if message.run is None else [message.run]:
                    self._fail(worker, run, message.error)

    def _end(self, worker: _Worker) -> None:
        code = worker.process.wait()
        self._workers.remove(worker)
        with suppress(BrokenPipeError):
            _pipe(worker.process.stdin).close()
        log = self.folder.log(worker.job.session)
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        for run in list(worker.pending):
            self._fail(worker, run, f"its process ended {how}, possibly out of memory; see {log}.")
        self.progress.end(worker.job)

    def _fail(self, worker: _Worker, run: str, reason: str) -> None:
        self.failures.append(Failure(worker.pending.pop(run), reason))
        self.progress.add_failure(worker.job, run)


def _pipe(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise ValueError("the process was started without a pipe")
    return stream
