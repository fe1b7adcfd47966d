"""Deletes sessions that are not in use."""

from __future__ import annotations

from pathlib import Path

from alc_tui.data.files.atomic import rename
from alc_tui.data.files.temporary import clear_abandoned, remove, temporary_sibling
from alc_tui.errors import SessionUnavailable, UsageError
from alc_tui.session.store import lock
from alc_tui.session.store.folder import SessionFolder


def check_unused(folder: SessionFolder) -> None:
    """Raise SessionUnavailable naming who is training, labeling or replaying the session, if anyone is."""
    locks = [(folder.worker_lock, "training"), (folder.label_lock, "labeling")]
    locks += [(replayed.worker_lock, "a replay") for replayed in folder.replays()]
    for path, what in locks:
        if lock.is_held(path):
            raise SessionUnavailable(
                f"Session {folder.name!r} is in use for {what} by {lock.holder(path)}; stop that first."
            )


def delete(folder: SessionFolder) -> Path | None:
    """Delete the session with its decisions: from the first moment on, it is not in the store.

    Returns a hidden folder with the files that could not be removed, None if there are none. Raises SessionUnavailable
    if the session is in use, UsageError if it is a link, OSError if it cannot be deleted; then nothing is.
    """
    check_unused(folder)
    if folder.path.is_symlink():
        raise UsageError(
            f"Session {folder.name!r} is a link to {folder.path.resolve()}; delete that folder and the link yourself."
        )
    hidden = temporary_sibling(folder.path)
    rename(folder.path, hidden)
    remove(hidden)
    clear_abandoned(folder.path.parent)
    return hidden if hidden.exists() else None


def finish(store: Path, name: str) -> bool:
    """Remove what an interrupted deletion of a session has left; returns whether there was anything."""
    return name in clear_abandoned(store)
