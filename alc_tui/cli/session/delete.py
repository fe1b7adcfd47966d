"""`alc session delete`."""

from __future__ import annotations

from typing import Annotated

import typer

from alc_tui.cli import completion
from alc_tui.cli.options import Store, flag
from alc_tui.cli.output import print_message
from alc_tui.errors import SessionUnavailable, UsageError


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

    try:
        folder = find(store_path(store), name)
    except SessionUnavailable:
        if not deletion.finish(store_path(store), name):
            raise
        print_message(f"Deleted what an interrupted command had left of session {name}.")
        return
    deletion.check_unused(folder)
    if not yes:
        if not next_step.is_terminal():
            raise UsageError(f"Deleting session {name!r} without a terminal requires --yes.")
        if not typer.confirm(f"Delete session {name} with all its decisions?", err=True):
            print_message("Nothing was deleted.")
            return
    remains = deletion.delete(folder)
    print_message(f"Deleted session {name}.")
    if remains is not None:
        print_message(f"Some of its files could not be removed; remove {remains} yourself.")
