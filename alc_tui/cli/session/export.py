"""`alc session export`: write the cleaned labels, or the trained network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alc_tui.cli.completion import one_of
from alc_tui.cli.options import OUTPUT, Json, Name, NewRoot, Store, flag
from alc_tui.cli.output import print_json, print_message
from alc_tui.cli.relocation import relocate
from alc_tui.session.settings.setting import check_choice
from alc_tui.session.store.folder import SessionFolder

WEIGHTS = {"best": "Of the epoch whose score is reported.", "last": "Of the last epoch."}
FORMATS = {"csv": "One table.", "folders": "One folder of symbolic links per class."}


def export(
    name: Name = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="PATH",
            help="File or folder to write.",
            show_default="NAME-labels.csv, NAME-labels or NAME-best.safetensors",
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
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights",
            metavar="EPOCH",
            help="Write the network instead, as a plain state dict with its class names: best or last.",
            autocompletion=one_of(WEIGHTS),
            show_default="write the labels",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    force: Annotated[bool, flag("--force", "Replace an earlier export.", OUTPUT)] = False,
    dry_run: Annotated[bool, flag("--dry-run", "Print what would be written.", OUTPUT)] = False,
    store: Store = None,
    data_root: NewRoot = None,
    json: Json = False,
) -> None:
    """Write the cleaned labels with their provenance, or the trained network."""
    from alc_tui.session.labeling import export as exports
    from alc_tui.session.labeling.service import SessionService
    from alc_tui.session.store.folder import find, store_path

    check_choice("format", format_, FORMATS)
    folder = find(store_path(store), name)
    if weights is not None:
        _write_weights(folder, weights, to, force, json)
        return
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


def _write_weights(folder: SessionFolder, kind: str, to: Path | None, force: bool, json: bool) -> None:
    from alc_tui.session.training.weights.plain_weights import export_weights

    check_choice("weights", kind, WEIGHTS)
    paths = export_weights(folder, kind, to or Path(f"{folder.name}-{kind}.safetensors"), force)
    print_message(f"Wrote {' and '.join(map(str, paths))}.")
    if json:
        print_json({"paths": [str(path) for path in paths]})
