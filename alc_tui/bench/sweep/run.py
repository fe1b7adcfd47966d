"""Runs a plan's jobs, some side by side, each in a fresh interpreter, and keeps their results as they come.

Killed at any moment, the next sweep goes on from the last finished epoch of each session. Prints nothing.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from alc_tui.bench import results
from alc_tui.bench.suites import Run
from alc_tui.bench.sweep import capacity as shares
from alc_tui.bench.sweep.plan import Failure, Job
from alc_tui.bench.sweep.progress import Progress, Standing
from alc_tui.bench.sweep.worker import Task
from alc_tui.errors import SessionUnavailable
from alc_tui.session.store import lock

STOP_SECONDS = 60.0
"""How long a child may take to put its last epoch on disk."""


@dataclass(frozen=True)
class SweepFolder:
    """`<store>/bench/<suite>`: where a suite's sessions and results lie."""

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
        """Who sweeps."""
        return self.path / "lock"

    def log(self, session: str) -> Path:
        """What the worker of a session said on stderr."""
        return self.path / "logs" / f"{session}.log"


def sweep_folder(store: Path, suite: str) -> SweepFolder:
    """Where the suite of this name lies in a store."""
    return SweepFolder(store / "bench" / suite)


@contextmanager
def owned(folder: SweepFolder) -> Iterator[None]:
    """The sweep's folder, made, with its lock held; raises SessionUnavailable telling who has it."""
    folder.sessions.mkdir(parents=True, exist_ok=True)
    held = lock.WriterLock(folder.lock, "a sweep")
    try:
        held.acquire()
    except SessionUnavailable as error:
        who = lock.holder(folder.lock) or "another process"
        raise SessionUnavailable(
            f"The suite {folder.path.name!r} is being run by {who}; wait for it to end."
        ) from error
    try:
        yield
    finally:
        held.release()


def run(
    jobs: Sequence[Job], folder: SweepFolder, at_once: int, progress: Progress, hear: Callable[[Standing], None]
) -> list[Failure]:
    """Do the jobs, `at_once` side by side, and append each result; returns what failed.

    On KeyboardInterrupt the children are asked to end, their last epochs are on disk, and it is raised on.
    """
    sweep = _Sweep(folder, at_once, progress, hear)
    try:
        sweep.run(jobs)
    finally:
        sweep.stop()
    return sweep.failures


@dataclass
class _Child:
    """A worker at its job. left: the runs that it has said nothing final of."""

    job: Job
    process: subprocess.Popen[str]
    left: dict[str, Run]


@dataclass
class _Sweep:
    folder: SweepFolder
    at_once: int
    progress: Progress
    hear: Callable[[Standing], None]
    failures: list[Failure] = field(default_factory=list)
    _children: list[_Child] = field(default_factory=list)
    _said: queue.SimpleQueue[tuple[_Child, str]] = field(default_factory=queue.SimpleQueue)

    def run(self, jobs: Sequence[Job]) -> None:
        waiting = list(jobs)
        while waiting or self._children:
            while waiting and len(self._children) < self.at_once:
                self._start(waiting.pop(0))
            child, line = self._said.get()
            if line:
                self._take(child, line)
            else:
                self._ended(child)
            self.hear(self.progress.standing())

    def stop(self) -> None:
        """Ask what still runs to end, and wait for it."""
        for child in self._children:
            child.process.terminate()
        for child in self._children:
            try:
                child.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        self._children.clear()

    def _start(self, job: Job) -> None:
        log = self.folder.log(job.session)
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "alc_tui.bench.sweep.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=shares.environment(os.environ, self.at_once),
                start_new_session=True,
            )
        child = _Child(job, process, {run.id: run for run in job.runs})
        self._children.append(child)
        with suppress(BrokenPipeError):
            _pipe(process.stdin).write(Task(self.folder.sessions.absolute(), job.runs, job.probed).as_json() + "\n")
            _pipe(process.stdin).flush()
        threading.Thread(target=self._listen, args=(child,), daemon=True).start()

    def _listen(self, child: _Child) -> None:
        """Pass on the child's lines; an empty one after its last."""
        for line in _pipe(child.process.stdout):
            self._said.put((child, line))
        self._said.put((child, ""))

    def _take(self, child: _Child, line: str) -> None:
        """A message of a worker; anything else that came to its stdout is passed over."""
        try:
            message: dict[str, Any] = json.loads(line)
            about = message["run"]
        except (ValueError, KeyError, TypeError):
            return
        if "epoch" in message:
            self.progress.epoch(child.job, about, message["round"], message["epoch"], message["epochs"])
        elif "result" in message:
            results.append(self.folder.results, message["result"])
            del child.left[about]
            self.progress.finished(child.job, about)
        elif "error" in message:
            for run in list(child.left) if about is None else [about]:
                self._fail(child, run, message["error"])

    def _ended(self, child: _Child) -> None:
        code = child.process.wait()
        self._children.remove(child)
        with suppress(BrokenPipeError):
            _pipe(child.process.stdin).close()
        log = self.folder.log(child.job.session)
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        for run in list(child.left):
            self._fail(child, run, f"its process ended {how}, perhaps for want of memory; {log} may say more.")
        self.progress.ended(child.job)

    def _fail(self, child: _Child, run: str, why: str) -> None:
        self.failures.append(Failure(child.left.pop(run), why))
        self.progress.gave_up(child.job, run)


def _pipe(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise ValueError("a pipe was asked for")
    return stream
