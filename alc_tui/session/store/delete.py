"""Deletes sessions that are not in use."""

from __future__ import annotations

import shutil

from alc_tui.errors import SessionUnavailable
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


def delete(folder: SessionFolder) -> None:
    """Delete the session with its decisions; raises SessionUnavailable if it is in use."""
    check_unused(folder)
    shutil.rmtree(folder.path)
