"""The files of a suite and of its jobs. They are all that a sweep and the workers of its jobs tell each other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from alc_tui.bench.suites import Run
from alc_tui.data.files.atomic import write_whole
from alc_tui.data.files.reading import read_whole
from alc_tui.session.probe import DeviceProbe
from alc_tui.session.store.folder import BENCHMARKS, SessionFolder
from alc_tui.session.store.typed_json import as_json, decode, encode, parse

T = TypeVar("T")


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

    def log(self, name: str) -> Path:
        """The output of the worker of a session, or of another task."""
        return self.path / "logs" / f"{name}.log"

    def job(self, session: str) -> JobFolder:
        """The files of the job that makes this session."""
        return JobFolder(self.path / "jobs" / session)

    def jobs(self) -> list[JobFolder]:
        """The jobs that were started and are not done."""
        return [JobFolder(path) for path in sorted((self.path / "jobs").glob("[!.]*"))]


def sweep_folder(store: Path, suite: str) -> SweepFolder:
    """The folder of the suite of this name in a store."""
    return SweepFolder(store / BENCHMARKS / suite)


@dataclass(frozen=True)
class JobFolder:
    """`<store>/bench/<suite>/jobs/<session>`: what is to be done, where it was submitted, and how its runs went."""

    path: Path

    @property
    def session(self) -> SessionFolder:
        """The session that the job makes."""
        return SessionFolder(self.path.parents[1] / "sessions" / self.path.name)

    @property
    def request(self) -> Path:
        """The `JobRequest`."""
        return self.path / "request.json"

    @property
    def submission(self) -> Path:
        """The `Submission`."""
        return self.path / "submission.json"

    @property
    def lock(self) -> Path:
        """Held by the worker, so that no two work on the same session."""
        return self.path / "lock"

    def report(self, run: str) -> Path:
        """The `RunReport` of the run with this id."""
        return self.path / f"run-{run}.json"


def _encode_runs(runs: Sequence[Run]) -> list[dict[str, Any]]:
    return [{"options": dict(run.options), "oracle": run.oracle} for run in runs]


def _decode_runs(values: list[dict[str, Any]]) -> tuple[Run, ...]:
    return tuple(Run(**run) for run in values)


@dataclass(frozen=True)
class JobRequest:
    """One LNL and the runs that share it, in order. device: None if the worker has to probe it."""

    runs: tuple[Run, ...] = field(metadata=as_json(_encode_runs, _decode_runs))
    device: DeviceProbe | None = None


@dataclass(frozen=True)
class Submission:
    """The engine to which a job was submitted, and its id there."""

    engine: str
    id: str


@dataclass(frozen=True)
class RunReport:
    """How a run goes. replay: the name of its replay. threads: how many compute it. error: why it failed."""

    replay: str = ""
    threads: int = 0
    is_done: bool = False
    error: str | None = None


def save(record: JobRequest | Submission | RunReport, path: Path) -> None:
    """Write a record to its file."""
    content = json.dumps(encode(record)).encode()
    write_whole(path, content)


def load(kind: type[T], path: Path) -> T | None:
    """The record in a file, None if there is none; also None while a network file system cannot read it."""
    try:
        return decode(kind, parse(read_whole(path)))
    except (OSError, ValueError):
        return None
