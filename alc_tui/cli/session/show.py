"""`alc session list` and `alc session show`."""

from __future__ import annotations

from typing import Annotated

from alc_tui.cli.options import OUTPUT, Json, Name, Store, flag
from alc_tui.cli.output import print_data, print_json, print_message
from alc_tui.errors import AlcError


def list_(store: Store = None, json: Json = False) -> None:
    """List all sessions."""
    from alc_tui.session.store.folder import no_sessions, sessions, store_path
    from alc_tui.session.store.state import overview

    rows, damaged = [], []
    for folder in sessions(store_path(store)):
        try:
            rows.append(overview(folder, print_message))
        except (AlcError, OSError) as error:
            damaged.append({"name": folder.name, "error": str(error)})
    if json:
        print_json([*(row.to_dict() for row in rows), *damaged])
        return
    for entry in damaged:
        print_message(f"{entry['name']}: {entry['error']}")
    if not rows and not damaged:
        print_message(no_sessions(store_path(store)))
        return
    from alc_tui.cli.session import listing

    print_data(listing.list_text(rows))


def show(
    name: Name = None,
    store: Store = None,
    origin: Annotated[bool, flag("--origin", "Show the origin of each setting.", OUTPUT)] = False,
    json: Json = False,
) -> None:
    """Show the data, configuration, and rounds of a session."""
    from alc_tui.cli import session_output
    from alc_tui.session.store.folder import find, store_path

    folder = find(store_path(store), name)
    report = session_output.report(folder, print_message)
    if json:
        print_json(report.to_dict())
    elif origin:
        print_data(session_output.origins_text(report))
    else:
        print_data(session_output.describe(report))
