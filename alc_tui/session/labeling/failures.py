"""What to tell somebody whose decisions could not be written, and what to try next."""

from __future__ import annotations

import errno
from pathlib import Path

from alc_tui.errors import AlcError, SessionUnavailable
from alc_tui.session.store.jsonl import UnexpectedSizeError

_REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.ENOENT: "bring the session's folder back",
    errno.ESTALE: "bring the session's folder back",
}


def session_away(folder: Path, error: OSError) -> SessionUnavailable:
    """The session's folder, or the share it is on, has gone."""
    return SessionUnavailable(
        f"Nothing can be written, because {folder} cannot be read ({error.strerror}); bring the session back there and "
        "press the key again."
    )


def verdict_not_recorded(journal: Path, error: OSError) -> AlcError:
    """A verdict could not be written to the journal, and is not in it."""
    if isinstance(error, UnexpectedSizeError):
        return AlcError(
            f"Another process has written to {journal}, so the verdict was not recorded; close the session and open it "
            "again."
        )
    remedy = _REMEDIES.get(error.errno or 0, "check the disk")
    return AlcError(
        f"The verdict could not be written to {journal} ({error.strerror}), so it was not recorded; {remedy} and press "
        "the key again."
    )


def merge_interrupted(journal: Path, added: int, total: int, error: OSError) -> AlcError:
    """Only `added` of the decisions of copies were written."""
    return AlcError(
        f"{added} of {total} decisions were added to {journal}, then writing failed ({error.strerror}); run the same "
        "command again to add the rest."
    )
