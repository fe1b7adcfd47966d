"""The sessions of a store as rows, read again only where something has changed. Knows no widget."""

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
"""What a session is that cannot be read, and a replay that goes on."""


@dataclass(frozen=True)
class Row:
    """A session, or a replay of the session `of`. overview: None where `error` says why the session cannot be read."""

    folder: SessionFolder
    of: SessionFolder | None
    overview: Overview | None
    error: str | None = None

    @property
    def key(self) -> str:
        """Unlike that of every other row of the store."""
        return str(self.folder.path)

    @property
    def session(self) -> SessionFolder:
        """The session itself, or the one that is replayed."""
        return self.of or self.folder

    @property
    def state(self) -> str:
        """The session's state in a word; nobody labels a replay, so that is running, stopped or done."""
        if self.overview is None:
            return DAMAGED
        state = self.overview.state
        if self.of is None or state == State.DONE:
            return state
        return RUNNING if state == State.TRAINING else State.STOPPED


@dataclass(frozen=True)
class Details:
    """What is told of one session at a time. verdicts: how many stand. annotators: who decided."""

    device: str
    classes: int
    bad: int
    twins: int
    verdicts: int
    annotators: tuple[str, ...]


class StoreRows:
    """Reads a store again and again."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._read: dict[Path, tuple[object, Row]] = {}

    def read(self) -> list[Row]:
        """The sessions, the latest first, each with its replays below it. Raises OSError if they cannot be read."""
        before, self._read = self._read, {}
        rows = []
        for folder, of in _folders(self._store):
            known = before.get(folder.path)
            seen = _look(folder)
            row = known[1] if known is not None and known[0] == seen else _row(folder, of)
            self._read[folder.path] = seen, row
            rows.append(row)
        return rows


def left(overview: Overview) -> int:
    """Labels that the budget still allows."""
    return max(0, overview.budget_total - overview.decided_total)


def made(overview: Overview) -> str:
    """When the session was made, in local time."""
    return f"{datetime.fromisoformat(overview.created).astimezone():%Y-%m-%d %H:%M}"


def details(folder: SessionFolder) -> Details:
    """Raises AlcError or OSError as the session's files do."""
    session = Document(folder.document).session
    decisions = Journal(folder.journal).decisions
    return Details(
        device=session.device,
        classes=len(session.classes),
        bad=len(session.bad),
        twins=len(session.twins),
        verdicts=len(Verdicts(decisions).all()),
        annotators=tuple(dict.fromkeys(decision.annotator for decision in decisions)),
    )


def holders(folder: SessionFolder) -> dict[str, str]:
    """`labeling` and `training` by who is at it, where somebody is."""
    locks = {"labeling": folder.label_lock, "training": folder.worker_lock}
    return {what: lock.holder(path) or "somebody" for what, path in locks.items() if lock.is_held(path)}


def _folders(store: Path) -> Iterator[tuple[SessionFolder, SessionFolder | None]]:
    for folder in reversed(sessions(store)):
        yield folder, None
        for replay in folder.replays():
            yield replay, folder


def _look(folder: SessionFolder) -> object:
    """Another value whenever the row may have become another one. A training's events say nothing that a row shows."""
    is_training = lock.is_held(folder.worker_lock)
    files = [folder.document, folder.journal] + ([] if is_training else [folder.events])
    return is_training, [_stamp(path) for path in files]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _row(folder: SessionFolder, of: SessionFolder | None) -> Row:
    try:
        return Row(folder, of, overview(folder))
    except (AlcError, OSError) as error:
        return Row(folder, of, None, str(error))
