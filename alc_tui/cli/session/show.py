"""`alc session list` and `alc session show`."""

from __future__ import annotations

from typing import Annotated

from alc_tui.cli.options import OUTPUT, Json, Name, Store, flag
from alc_tui.cli.output import say, table, tell, tell_json
from alc_tui.errors import AlcError
from alc_tui.session.settings.config import SETTINGS


def list_(store: Store = None, json: Json = False) -> None:
    """List all sessions."""
    from alc_tui.session.store.folder import sessions, store_path
    from alc_tui.session.store.state import overview

    rows, damaged = [], []
    for folder in sessions(store_path(store)):
        try:
            rows.append(overview(folder))
        except AlcError as error:
            damaged.append({"name": folder.name, "error": str(error)})
    if json:
        tell_json([*rows, *damaged])
        return
    for entry in damaged:
        say(f"{entry['name']}: {entry['error']}")
    if not rows and not damaged:
        say(f"No session in {store_path(store)}; make one with `alc session new --dataset demo --noise 0.5`.")
        return
    from alc_tui.cli import session_output as told

    tell(told.list_text(rows))


def show(
    name: Name = None,
    store: Store = None,
    origin: Annotated[bool, flag("--origin", "Show where each setting comes from.", OUTPUT)] = False,
    json: Json = False,
) -> None:
    """Show the data, the configuration and the rounds of a session."""
    from alc_tui.cli import session_output as told
    from alc_tui.session.store.folder import find, store_path

    folder = find(store_path(store), name)
    session = told.facts(folder)
    if json:
        tell_json(session)
    elif origin:
        config, origins = session["config"], session["origins"]
        rows = [(name, str(config[name]), origins[name]) for name in SETTINGS if name in config]
        tell(table(("setting", "value", "origin"), rows))
    else:
        tell(told.describe(session))
