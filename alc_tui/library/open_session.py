"""Opens sessions from a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alc_tui.errors import AlcError, SessionUnavailable
from alc_tui.session.store.folder import SessionFolder, find, store_path

if TYPE_CHECKING:
    from alc_tui.library.session import Session


def open_session(session: str | Path | None = None, *, store: str | Path | None = None) -> Session:
    """Open a session for reading.

    session: its name in the store, or the path of its folder or of a replay's folder; the latest session if omitted.
    store: the folder that holds the sessions; `ALC_SESSIONS`, else `./sessions`, if omitted.

    Raises SessionUnavailable if there is no such session, AlcError if pandas is not installed.
    """
    try:
        from alc_tui.library.session import Session
    except ImportError as error:
        raise AlcError(
            f"Reading a session needs {error.name}, which is not installed; run `pip install 'alc-tui[report]'`."
        ) from error
    return Session(_folder(session, None if store is None else Path(store)))


def _folder(session: str | Path | None, store: Path | None) -> SessionFolder:
    if session is None or Path(session).name == session:
        return find(store_path(store), None if session is None else str(session))
    folder = SessionFolder(Path(session))
    if not folder.document.is_file():
        raise SessionUnavailable(f"No session found at {folder.path}; `alc session list` lists the sessions.")
    return folder
