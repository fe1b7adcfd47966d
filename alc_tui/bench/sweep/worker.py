"""One LNL and the runs that share it, in a process of its own: `python -m alc_tui.bench.sweep.worker`.

The first line on stdin says what to do, see `Task`; stdin stays open, and where it ends the process ends too, so
that none outlives its sweep. Messages leave as JSON lines on stdout:
`{"run": id or null, "round": r, "epoch": e, "epochs": E}`, `{"run": id, "result": {…}}` and
`{"run": id or null, "error": sentence}`, null for LNL.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from alc_tui import __version__
from alc_tui.bench.suites import Run
from alc_tui.errors import AlcError, SessionUnavailable
from alc_tui.session import create
from alc_tui.session.probe import DeviceProbe
from alc_tui.session.settings.forecast import Pace
from alc_tui.session.store import arrays, lock
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Epoch, Event, EventLog
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.records import RoundRecord

Tell = Callable[[Mapping[str, Any]], None]
Hear = Callable[[Event], None]
LOCK_SECONDS = 10.0
"""How long a killed predecessor may take to let go of the session."""


@dataclass(frozen=True)
class Task:
    """What a worker does. sessions: where they lie. runs: of one session. probed: device and pace, None if unknown."""

    sessions: Path
    runs: tuple[Run, ...]
    probed: DeviceProbe | None

    def as_json(self) -> str:
        """The task on one line."""
        return json.dumps(
            {
                "sessions": str(self.sessions),
                "runs": [{"options": dict(run.options), "oracle": run.oracle} for run in self.runs],
                "probed": None if self.probed is None else asdict(self.probed),
            }
        )

    @classmethod
    def from_json(cls, line: str) -> Task:
        """The task that `as_json` gave."""
        values = json.loads(line)
        probed = values["probed"]
        if probed is not None:
            pace = probed["pace"]
            probed = DeviceProbe(probed["device"], None if pace is None else Pace(**pace))
        return cls(Path(values["sessions"]), tuple(Run(**run) for run in values["runs"]), probed)


def work(task: Task, tell: Tell) -> None:
    """Do the task as far as it is not done yet; a run that fails does not keep the others from theirs."""
    try:
        session = _learned(task, lambda event: _tell_epoch(tell, None, event))
    except Exception as error:
        tell({"run": None, "error": _sentence(error)})
        return
    for run in task.runs:
        try:
            tell({"run": run.id, "result": _replayed(session, run, tell)})
        except Exception as error:
            tell({"run": run.id, "error": _sentence(error)})


def _learned(task: Task, emit: Hear) -> SessionFolder:
    """The session with its LNL done: made, or taken up where it was left."""
    from alc_tui.session.training.advance import advance

    first = task.runs[0]
    folder = SessionFolder(task.sessions / first.session)
    _remove_halves(task.sessions, f".{folder.name}.*")
    _remove_halves(folder.path / "replays", ".*")
    if not folder.document.is_file():
        checked = create.check(*first.learning.resolved, device=task.probed)
        create.write(checked, task.sessions, folder.name)
    if not Document(folder.document).rounds:
        log = EventLog(folder.events)

        def hear(event: Event) -> None:
            log.write(event)
            emit(event)

        _wait_for(folder.worker_lock)
        with lock.WriterLock(folder.worker_lock, "training"):
            advance(folder, hear)
    return folder


def _remove_halves(place: Path, pattern: str) -> None:
    """What a killed worker left half made."""
    for path in place.glob(pattern):
        shutil.rmtree(path, ignore_errors=True)


def _wait_for(path: Path) -> None:
    """Wait until a killed predecessor has let go of a lock."""
    deadline = time.monotonic() + LOCK_SECONDS
    while lock.is_held(path) and time.monotonic() < deadline:
        time.sleep(0.1)


def _replayed(session: SessionFolder, run: Run, tell: Tell) -> dict[str, Any]:
    """The run's result line: what `alc session replay` of the session gives with its sampler, departures and oracle.

    Its networks are deleted, lest a sweep fill the disk: what is told comes from its document, also after a kill. The
    session keeps those of LNL, so that a sampler that a suite gets later is a replay of it too.
    """
    import torch

    from alc_tui.session import replay

    def hear(event: Event) -> None:
        _tell_epoch(tell, run.id, event)

    oracle = replay.oracle_named(run.oracle, session, session.path.parent)
    folder = replay.prepare(session, oracle, run.replaying, hear)
    for path in (folder.worker_lock, folder.label_lock):
        _wait_for(path)
    replay.run(folder, oracle, hear)
    replay.drop_weights(folder)
    document = Document(folder.document)
    facts = document.session
    rounds = [of_round(record, facts.classes) for record in document.rounds]
    return {
        "id": run.id,
        "alc": __version__,
        "oracle": run.oracle,
        "config": run.settings,
        "session": session.name,
        "classes": list(facts.classes),
        "training": _training(folder, facts.classes),
        "device": facts.device,
        "threads": torch.get_num_threads(),
        "rounds": rounds,
        "seconds": round(sum(entry["seconds"] for entry in rounds), 3),
    }


def of_round(record: RoundRecord, classes: Sequence[str]) -> dict[str, Any]:
    """What a result keeps of a round: ledger, scores, clean set, seconds; per-class values by name."""
    entry = record.to_dict()
    kept = {name: entry[name] for name in (*_KEPT, *Ledger().as_dict()) if name in entry}
    return kept | {"recall": dict(zip(classes, record.scores.best.recall, strict=True))}


_KEPT = (
    "round", "decided_total", "clean_size", "clean_per_class", "macro_f1", "f1", "best_epoch", "peers", "forget_rate",
    "selection", "all_epochs", "seconds",
)  # fmt: skip


def _training(folder: SessionFolder, classes: Sequence[str]) -> dict[str, int]:
    """How many training samples truly are of each class."""
    samples = arrays.load_samples(folder.samples)
    if not samples.truth_is_known:
        return {}
    counts = np.bincount(samples.truth[samples.train], minlength=len(classes))
    return dict(zip(classes, counts.tolist(), strict=True))


def _tell_epoch(tell: Tell, run: str | None, event: Event) -> None:
    if isinstance(event, Epoch):
        tell({"run": run, "round": event.round, "epoch": event.epoch, "epochs": event.epochs})


def _sentence(error: Exception) -> str:
    """What a person is told; the whole story of what nobody foresaw goes to stderr, the worker's log."""
    if isinstance(error, AlcError | SessionUnavailable):
        return str(error)
    traceback.print_exc()
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}; check the path, its permissions and the free space."
    return f"{type(error).__name__}: {error}; the log has the rest."


def _end_with_the_sweep() -> None:
    """Wait until stdin ends, then end at once, as with kill -9: sessions go on from what is on disk."""
    with suppress(OSError, ValueError):
        while sys.stdin.buffer.read(1):
            pass
    os._exit(1)


def main() -> int:
    """Do the task that stdin names; returns an exit code."""
    task = Task.from_json(sys.stdin.readline())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_the_sweep, daemon=True).start()
    out = sys.stdout

    def tell(message: Mapping[str, Any]) -> None:
        out.write(json.dumps(message, allow_nan=False) + "\n")
        out.flush()

    try:
        work(task, tell)
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
