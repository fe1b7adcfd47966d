"""What can be told of a session in the list, asked about it and done to it, each in sentences. Knows no widget."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from alc_tui.data.paths import expand_home
from alc_tui.errors import AlcError, UsageError
from alc_tui.session.labeling import export as exports
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store import delete as deletion
from alc_tui.session.store import lock
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.state import Overview, State
from alc_tui.tui.sessions.rows import Details, Row, details, left, made


def described(row: Row, overview: Overview, known: Details, now: Mapping[str, str]) -> list[str]:
    """Lines on one session that could be read. now: `labeling` and `training` by who is at it."""
    what = f", a replay of {row.of.name}" if row.of else ""
    who = ", ".join(known.annotators) or "nobody yet"
    counts = {"bad images left out": known.bad, "groups of twins": known.twins}
    found = [f"{count:,} {what}" for what, count in counts.items() if count]
    return [
        f"{row.folder.name}{what}: {overview.decided_total:,} labels, {left(overview):,} left of "
        f"{overview.budget_total:,}; decided by {who}",
        ", ".join(
            [overview.dataset, f"{known.classes} classes", *found, f"on {known.device}", f"made {made(overview)}"]
        ),
        "; ".join(f"{what} now: {holder}" for what, holder in now.items()),
    ]


def start_training(folder: SessionFolder) -> str:
    """Start the training that is next; returns how it went, raises UsageError where there is none, AlcError or OSError
    if it does not start."""
    service = SessionService(folder)
    state = service.state
    if state == State.LABELING:
        raise UsageError(f"Session {folder.name} waits for decisions, not for training; Enter opens it.")
    if state == State.DONE:
        raise UsageError(f"All rounds of session {folder.name} are done; Enter shows how it went.")
    service.start_training()
    how = "is being trained already" if state == State.TRAINING else "is in training"
    return f"Session {folder.name} {how}; Enter follows it."


def replay_question(session: SessionFolder) -> str:
    """What is asked before a replay with the oracle; raises UsageError if there can be none, rather than in its log."""
    service = SessionService(session)
    if not service.rounds:
        raise UsageError(f"Session {session.name} has not learned yet, so a replay cannot begin; t trains it.")
    running = [replay.name for replay in session.replays() if lock.is_held(replay.worker_lock)]
    if running:
        raise UsageError(f"The replay {running[0]} of session {session.name} is running already.")
    service.truth()
    return f"Replay session {session.name} with the oracle? It trains as many rounds as the session has."


def last_words(session: SessionFolder) -> str:
    """The last line of its replays' log."""
    lines = session.replay_log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it left no word"


def export(folder: SessionFolder, path: Path) -> str:
    """Write the labels; returns what was written, raises AlcError or OSError if they could not be."""
    with suppress(RuntimeError):  # a home folder that nobody has is an odd name and no more
        path = expand_home(path)
    service = SessionService(folder)
    rows = exports.rows(service)
    written, _ = exports.write_csv(service, rows, path)
    counts = ", ".join(f"{count:,} {status}" for status, count in sorted(exports.counts(rows).items()))
    return f"Wrote {written}: {counts}."


def delete_question(row: Row) -> str:
    """What is asked before a session is deleted; raises SessionUnavailable if it is in use."""
    deletion.check_unused(row.folder)
    what = f"the replay {row.folder.name} of {row.of.name}" if row.of else f"session {row.folder.name}"
    try:
        count = details(row.folder).verdicts
        lost = f"its {count:,} decisions" if count != 1 else "its one decision"
    except (AlcError, OSError):
        lost = "whatever is left of its decisions"
    replays = len(row.folder.replays())
    also = f" and {replays} {'replay' if replays == 1 else 'replays'}" if replays else ""
    return f"Delete {what}, with {lost}{also}? Nothing brings them back."


def delete(folder: SessionFolder) -> str:
    """Delete it; returns that it was, raises SessionUnavailable or OSError if it could not be."""
    deletion.delete(folder)
    return f"{folder.name} is deleted."
