"""`alc session delete`."""

from __future__ import annotations

from typing import Annotated

import typer

from alc_tui.cli import completion
from alc_tui.cli.options import Store, flag
from alc_tui.cli.output import print_message
from alc_tui.errors import UsageError


def delete(
    name: Annotated[
        str, typer.Argument(metavar="SESSION", help="Name of the session.", autocompletion=completion.sessions)
    ],
    yes: Annotated[bool, flag("--yes", "Do not ask for confirmation.")] = False,
    store: Store = None,
) -> None:
    """Delete a session with all its decisions, after confirmation."""
    from alc_tui.cli import next_step
    from alc_tui.session.store import delete as deletion
    from alc_tui.session.store.folder import find, store_path

    folder = find(store_path(store), name)
    deletion.check_unused(folder)
    if not yes:
        if not next_step.is_terminal():
            raise UsageError(f"Deleting session {name!r} without a terminal requires --yes.")
        if not typer.confirm(f"Delete session {name} with all its decisions?", err=True):
            print_message("Nothing was deleted.")
            return
    deletion.delete(folder)
    print_message(f"Deleted session {name}.")
