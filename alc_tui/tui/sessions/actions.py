"""Descriptions of, questions about, and actions on listed sessions, as text. Independent of widgets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from alc_tui.data.paths import expand_home
from alc_tui.errors import AlcError, UsageError
from alc_tui.session.export.files import EarlierExport
from alc_tui.session.export.table import label_table
from alc_tui.session.export.writing import write_labels
from alc_tui.session.labeling.reader import SessionReader
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store import delete as deletion
from alc_tui.session.store import lock
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.state import Overview, State
from alc_tui.text.format import counted
from alc_tui.tui.sessions.rows import Details, SessionRow, created_at, details, remaining_budget


def describe(row: SessionRow, overview: Overview, facts: Details, now: Mapping[str, str]) -> list[str]:
    """Lines on one session. now: who is labeling and who is training it."""
    what = f", a replay of {row.of.name}" if row.of else ""
    who = f"decided by {', '.join(facts.annotators)}" if facts.annotators else "no decisions yet"
    defects = [f"{counted(facts.bad, 'bad image')} skipped"] * bool(facts.bad)
    defects += [f"{counted(facts.duplicates, 'group')} of duplicates"] * bool(facts.duplicates)
    return [
        f"{row.folder.name}{what}: {counted(overview.decided_total, 'label')}, {remaining_budget(overview):,} left of "
        f"{overview.budget_total:,}; {who}",
        ", ".join(
            [
                overview.dataset,
                f"{facts.classes} classes",
                *defects,
                f"on {facts.device}",
                f"created {created_at(overview)}",
            ]
        ),
        "; ".join(f"{what} now: {holder}" for what, holder in now.items()),
    ]


def start_training(folder: SessionFolder) -> str:
    """Start the next training; returns a sentence about it.

    Raises UsageError if there is nothing to train, AlcError or OSError if the worker does not start.
    """
    service = SessionService(folder)
    state = service.state
    if state == State.LABELING:
        raise UsageError(f"Session {folder.name} is waiting for labels, not for training; press Enter to open it.")
    if state == State.DONE:
        raise UsageError(f"All rounds of session {folder.name} are done; press Enter to see the results.")
    service.start_training()
    how = "is already training" if state == State.TRAINING else "is training"
    return f"Session {folder.name} {how}; press Enter to follow it."


def replay_question(session: SessionFolder) -> str:
    """The question before a replay with the oracle; raises UsageError if the session cannot be replayed."""
    service = SessionService(session)
    if not service.rounds:
        raise UsageError(
            f"Session {session.name} has not been trained, so it cannot be replayed; press t to start training."
        )
    running = [replay.name for replay in session.replays() if lock.is_held(replay.worker_lock)]
    if running:
        raise UsageError(f"The replay {running[0]} of session {session.name} is already running.")
    service.truth()
    return f"Replay session {session.name} with the oracle? This retrains all of its rounds."


def last_log_line(session: SessionFolder) -> str:
    """The last line of the log of the session's replays."""
    lines = session.replay_log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "its log is empty"


def replace_question(folder: SessionFolder, format_: str, path: Path) -> str:
    """The question before an export that replaces an earlier one, "" if it replaces nothing; raises AlcError or OSError
    if the labels cannot be exported."""
    try:
        write_labels(label_table(SessionReader(folder)), format_, expand_home(path), dry_run=True)
    except EarlierExport:
        return f"Replace the earlier export {path}?"
    return ""


def export(folder: SessionFolder, format_: str, path: Path, replace: bool = False) -> str:
    """Export the labels in one of the formats; returns a status message, raises AlcError or OSError if they cannot be
    written."""
    table, target = label_table(SessionReader(folder)), expand_home(path)
    are_links = write_labels(table, format_, target, replace)
    counts = ", ".join(f"{count:,} {status}" for status, count in sorted(table.counts.items()))
    copied = "" if are_links else " Its file system has no links, so the images were copied."
    return f"Wrote {target}: {counts}.{copied}"


def delete_question(row: SessionRow) -> str:
    """The confirmation question for deleting a session; raises SessionUnavailable if it is in use."""
    deletion.check_unused(row.folder)
    what = f"the replay {row.folder.name} of {row.of.name}" if row.of else f"session {row.folder.name}"
    try:
        lost = counted(details(row.folder).verdicts, "decision")
    except (AlcError, OSError):
        lost = "all its decisions"
    replays = len(row.folder.replays())
    also = f" and {counted(replays, 'replay')}" if replays else ""
    return f"Delete {what} with {lost}{also}? This cannot be undone."


def delete(folder: SessionFolder) -> str:
    """Delete a session; returns a sentence about it, raises SessionUnavailable or OSError if it cannot be deleted."""
    remains = deletion.delete(folder)
    also = "" if remains is None else f" Some of its files could not be removed; remove {remains} yourself."
    return f"Deleted {folder.name}.{also}"
