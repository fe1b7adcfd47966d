"""`alc session export`: write the cleaned labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alc_tui.cli.completion import one_of
from alc_tui.cli.options import OUTPUT, Json, Name, NewRoot, Store, flag
from alc_tui.cli.output import print_json, print_message
from alc_tui.cli.relocation import relocate
from alc_tui.session.settings.setting import check_choice

FORMATS = {"csv": "One table.", "folders": "One folder of symbolic links per class."}


def export(
    name: Name = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="PATH",
            help="CSV file or folder to write.",
            show_default="NAME-labels.csv or NAME-labels",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="csv, or folders (one folder of symbolic links per class).",
            autocompletion=one_of(FORMATS),
            rich_help_panel=OUTPUT,
        ),
    ] = "csv",
    force: Annotated[bool, flag("--force", "Replace an earlier export.", OUTPUT)] = False,
    dry_run: Annotated[bool, flag("--dry-run", "Print what would be written.", OUTPUT)] = False,
    store: Store = None,
    data_root: NewRoot = None,
    json: Json = False,
) -> None:
    """Write the cleaned labels with their provenance."""
    from alc_tui.session.labeling import export as exports
    from alc_tui.session.labeling.service import SessionService
    from alc_tui.session.store.folder import find, store_path

    check_choice("format", format_, FORMATS)
    folder = find(store_path(store), name)
    relocate(folder, data_root)
    service = SessionService(folder)
    for notice in service.notices:
        print_message(notice)
    target = to or Path(f"{service.folder.name}-labels{'.csv' if format_ == 'csv' else ''}")
    rows = exports.rows(service)
    counts = exports.counts(rows)
    if format_ == "folders":
        exports.check_folder(target, force)
        links = exports.links(service, rows, target)
        if not dry_run and not exports.write_links(service, rows, target, links, force):
            print_message(f"The file system of {target} has no links, so the images were copied.")
    else:
        exports.check_csv(target, force)
        if not dry_run:
            exports.write_csv(service, rows, target, force)
    summary = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items()))
    print_message(f"{'Would write' if dry_run else 'Wrote'} {target}: {summary}.")
    if json:
        print_json({"path": str(target), "written": not dry_run, "counts": counts})
