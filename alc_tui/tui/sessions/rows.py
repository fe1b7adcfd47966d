"""The sessions of a store as rows, re-read only if something has changed. Independent of widgets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alc_tui.errors import AlcError
from alc_tui.session.store import lock
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder, sessions
from alc_tui.session.store.journal import Journal, Verdicts
from alc_tui.session.store.state import Overview, State, overview

DAMAGED, RUNNING = "damaged", "running"
"""The states of an unreadable session and of a running replay."""


@dataclass(frozen=True)
class SessionRow:
    """A session, or a replay of the session `of`. overview: None if `error` says why the session cannot be read."""

    folder: SessionFolder
    of: SessionFolder | None
    overview: Overview | None
    error: str | None = None

    @property
    def key(self) -> str:
        """A unique key within the store."""
        return str(self.folder.path)

    @property
    def session(self) -> SessionFolder:
        """The session itself, or the one that is replayed."""
        return self.of or self.folder

    @property
    def state(self) -> str:
        """The state of the session in a word. A replay is running, stopped, or done."""
        if self.overview is None:
            return DAMAGED
        state = self.overview.state
        if self.of is None or state == State.DONE:
            return state
        return RUNNING if state == State.TRAINING else State.STOPPED


@dataclass(frozen=True)
class Details:
    """Details of a session. verdicts: number of current verdicts. annotators: everyone who has labeled."""

    device: str
    classes: int
    bad: int
    duplicates: int
    verdicts: int
    annotators: tuple[str, ...]


class StoreRows:
    """Reads a store repeatedly."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._read: dict[Path, tuple[object, SessionRow]] = {}

    def read(self) -> list[SessionRow]:
        """The sessions, the latest first, each followed by its replays. Raises OSError if the store cannot be read."""
        before, self._read = self._read, {}
        rows = []
        for folder, of in _folders(self._store):
            known = before.get(folder.path)
            fingerprint = _fingerprint(folder)
            row = known[1] if known is not None and known[0] == fingerprint else _row(folder, of)
            self._read[folder.path] = fingerprint, row
            rows.append(row)
        return rows


def remaining_budget(overview: Overview) -> int:
    """The number of labels that the budget still allows."""
    return max(0, overview.budget_total - overview.decided_total)


def created_at(overview: Overview) -> str:
    """The time at which the session was created, in local time."""
    return f"{datetime.fromisoformat(overview.created).astimezone():%Y-%m-%d %H:%M}"


def details(folder: SessionFolder) -> Details:
    """The details of a session; raises AlcError or OSError if its files cannot be read."""
    session = Document(folder.document).session
    decisions = Journal(folder.journal).decisions
    return Details(
        device=session.device,
        classes=len(session.classes),
        bad=len(session.bad),
        duplicates=len(session.duplicates),
        verdicts=len(Verdicts(decisions).all()),
        annotators=tuple(dict.fromkeys(decision.annotator for decision in decisions)),
    )


def holders(folder: SessionFolder) -> dict[str, str]:
    """The holders of the locks for `labeling` and `training`, if they are held."""
    locks = {"labeling": folder.label_lock, "training": folder.worker_lock}
    return {what: lock.holder(path) or "somebody" for what, path in locks.items() if lock.is_held(path)}


def _folders(store: Path) -> Iterator[tuple[SessionFolder, SessionFolder | None]]:
    for folder in reversed(sessions(store)):
        yield folder, None
        for replay in folder.replays():
            yield replay, folder


def _fingerprint(folder: SessionFolder) -> object:
    """A value that changes whenever the row may have changed. The events of a running training do not change a row."""
    is_training = lock.is_held(folder.worker_lock)
    files = [folder.document, folder.journal] + ([] if is_training else [folder.events])
    return is_training, [_stamp(path) for path in files]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _row(folder: SessionFolder, of: SessionFolder | None) -> SessionRow:
    try:
        return SessionRow(folder, of, overview(folder))
    except (AlcError, OSError) as error:
        return SessionRow(folder, of, None, str(error))
