"""Runs one LNL and the runs that share it in a separate process: `python -m alc_tui.bench.sweep.worker`.

The first line on stdin is a `JobRequest`. The process ends when stdin is closed, so that no worker outlives its sweep.
Stdout carries messages, see `messages`.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from alc_tui import __version__
from alc_tui.bench.results import RoundResult, RunResult
from alc_tui.bench.suites import Run
from alc_tui.bench.sweep.messages import EpochMessage, ErrorMessage, Message, ResultMessage, dump
from alc_tui.bench.sweep.request import JobRequest
from alc_tui.errors import AlcError, SessionUnavailable
from alc_tui.session import create
from alc_tui.session.store import arrays, lock
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Epoch, Event, EventLog
from alc_tui.session.store.folder import SessionFolder

Send = Callable[[Message], None]
LOCK_SECONDS = 10.0
"""How long to wait for a killed worker to release the session."""


def run_job(request: JobRequest, send: Send) -> None:
    """Run everything in the request that is missing; a failed run does not stop the others."""
    try:
        session = _learn(request, send)
    except Exception as error:
        send(ErrorMessage(None, _sentence(error)))
        return
    for run in request.runs:
        try:
            send(ResultMessage(run.id, _replay(session, run, send)))
        except Exception as error:
            send(ErrorMessage(run.id, _sentence(error)))


def _learn(request: JobRequest, send: Send) -> SessionFolder:
    """Create the session and run its LNL, or resume where an earlier worker stopped."""
    from alc_tui.session.training.advance import advance

    lnl_run = request.runs[0].lnl_run
    folder = SessionFolder(request.sessions / lnl_run.session)
    _remove_incomplete(request.sessions, f".{folder.name}.*")
    _remove_incomplete(folder.path / "replays", ".*")
    if not folder.document.is_file():
        draft = create.check(*lnl_run.resolved, device=request.device)
        create.write(draft, request.sessions, folder.name)
    if not Document(folder.document).rounds:
        log = EventLog(folder.events)

        def emit(event: Event) -> None:
            log.write(event)
            _send_epoch(send, None, event)

        _wait_for(folder.worker_lock)
        with lock.WriterLock(folder.worker_lock, "training"):
            advance(folder, emit)
    return folder


def _remove_incomplete(folder: Path, pattern: str) -> None:
    """Remove incomplete folders left by a killed worker."""
    for path in folder.glob(pattern):
        shutil.rmtree(path, ignore_errors=True)


def _wait_for(path: Path) -> None:
    """Wait until a killed worker has released a lock."""
    deadline = time.monotonic() + LOCK_SECONDS
    while lock.is_held(path) and time.monotonic() < deadline:
        time.sleep(0.1)


def _replay(session: SessionFolder, run: Run, send: Send) -> RunResult:
    """The result of `alc session replay` of the session with the run's sampler, departures and oracle.

    The replay's networks are deleted to save disk space: its document keeps the result. The session
    keeps those of LNL, so that a sampler that is added to the suite later can replay it.
    """
    import torch

    from alc_tui.session import replay

    def emit(event: Event) -> None:
        _send_epoch(send, run.id, event)

    oracle = replay.parse_oracle(run.oracle, session, session.path.parent)
    folder = replay.prepare(session, oracle, run.replay_changes, emit)
    for path in (folder.worker_lock, folder.label_lock):
        _wait_for(path)
    replay.run(folder, oracle, emit)
    replay.drop_weights(folder)
    document = Document(folder.document)
    facts = document.session
    rounds = tuple(RoundResult.from_record(record, facts.classes) for record in document.rounds)
    return RunResult(
        id=run.id,
        alc=__version__,
        oracle=run.oracle,
        config=run.settings,
        session=session.name,
        classes=facts.classes,
        training=_training_counts(folder, facts.classes),
        device=facts.device,
        threads=torch.get_num_threads(),
        rounds=rounds,
        seconds=round(sum(each.seconds for each in rounds), 3),
    )


def _training_counts(folder: SessionFolder, classes: Sequence[str]) -> dict[str, int]:
    """The number of training samples by true class; empty if the truth is unknown."""
    samples = arrays.load_samples(folder.samples, len(classes))
    if not samples.truth_is_known:
        return {}
    counts = np.bincount(samples.truth[samples.train], minlength=len(classes))
    return dict(zip(classes, counts.tolist(), strict=True))


def _send_epoch(send: Send, run: str | None, event: Event) -> None:
    if isinstance(event, Epoch):
        send(EpochMessage(run, event.round, event.epoch, event.epochs))


def _sentence(error: Exception) -> str:
    """The error in a sentence; the traceback of an unexpected one goes to stderr, the worker's log."""
    if isinstance(error, AlcError | SessionUnavailable):
        return str(error)
    traceback.print_exc()
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}; check the path, its permissions, and the free space."
    return f"{type(error).__name__}: {error}; the log has the traceback."


def _end_with_the_sweep() -> None:
    """Wait until stdin is closed, then exit immediately, as with kill -9; sessions resume from what is on disk."""
    with suppress(OSError, ValueError):
        # Not sys.stdin.read: Python aborts at exit while a thread holds the lock of its buffer.
        while os.read(sys.stdin.fileno(), 1):
            pass
    os._exit(1)


def main() -> int:
    """Do the job that stdin requests; returns an exit code."""
    request = JobRequest.from_json(sys.stdin.readline())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_the_sweep, daemon=True).start()
    out = sys.stdout

    def send(message: Message) -> None:
        out.write(dump(message))
        out.flush()

    try:
        run_job(request, send)
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
