"""`alc session report`: write one HTML page about a session."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alc_tui.cli.options import OUTPUT, Json, Name, NewRoot, Store, flag
from alc_tui.cli.output import print_json, print_message
from alc_tui.cli.relocation import relocate
from alc_tui.errors import UsageError

_MARK = b'<meta name="generator" content="alc '


def report(
    name: Name = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="FILE", help="File to write.", show_default="NAME-report.html", rich_help_panel=OUTPUT
        ),
    ] = None,
    force: Annotated[bool, flag("--force", "Replace an earlier report.", OUTPUT)] = False,
    store: Store = None,
    data_root: NewRoot = None,
    json: Json = False,
) -> None:
    """Write a page about a session for colleagues: configuration, scores, changed labels, costs, and agreement."""
    from alc_tui.cli import session_output
    from alc_tui.cli.page.session_page import session_page
    from alc_tui.data.files.atomic import write_atomically
    from alc_tui.data.files.shared import make_folder
    from alc_tui.session.labeling.reader import SessionReader
    from alc_tui.session.store.folder import find, store_path

    folder = find(store_path(store), name)
    target = to or Path(f"{folder.name}-report.html")
    _check(target, force)
    relocate(folder, data_root)
    service = SessionReader(folder)
    for notice in service.notices:
        print_message(notice)
    page = session_page(service, session_output.report(folder)).encode()
    make_folder(target.parent)
    write_atomically(target, lambda file: file.write(page))
    print_message(f"Wrote {target} ({len(page) / 1e6:.1f} MB); open it in a browser.")
    if json:
        print_json({"path": str(target), "bytes": len(page)})


def _check(target: Path, replace: bool) -> None:
    """Raise UsageError if there is anything at `target`, unless it is an earlier report and may be replaced."""
    if not target.exists():
        return
    from alc_tui.data.files.reading import open_file

    with open_file(target) as file:
        if _MARK not in file.read(500):
            raise UsageError(f"{target} exists and is not an earlier report; specify another --to.")
    if not replace:
        raise UsageError(f"{target} exists; specify another --to, or replace it with --force.")
