"""`alc session export`: write the cleaned labels, or the trained network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alc_tui.cli.completion import one_of
from alc_tui.cli.options import OUTPUT, Json, Name, NewRoot, Store, flag
from alc_tui.cli.output import print_json, print_message
from alc_tui.cli.relocation import relocate
from alc_tui.errors import UsageError
from alc_tui.session.export.names import CSV, FORMATS
from alc_tui.session.settings.setting import check_choice
from alc_tui.session.store.folder import SessionFolder

WEIGHTS = {"best": "Of the epoch whose score is reported.", "last": "Of the last epoch."}


def export(
    name: Name = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="PATH",
            help="File or folder to write.",
            show_default="by format, such as NAME-labels.csv; NAME-best.safetensors for weights",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"Format of the labels: {', '.join(FORMATS)}.",
            autocompletion=one_of(FORMATS),
            show_default=CSV,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
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
    from alc_tui.session.export.table import label_table
    from alc_tui.session.export.writing import default_target, write_labels
    from alc_tui.session.labeling.reader import SessionReader
    from alc_tui.session.store.folder import find, store_path

    if weights is not None and format_ is not None:
        raise UsageError("--weights writes the network and --format is of the labels; specify only one of them.")
    format_ = CSV if format_ is None else format_
    check_choice("format", format_, FORMATS)
    folder = find(store_path(store), name)
    if weights is not None:
        _write_weights(folder, weights, to, force, dry_run, json)
        return
    relocate(folder, data_root)
    service = SessionReader(folder)
    for notice in service.notices:
        print_message(notice)
    table = label_table(service)
    target = to or default_target(format_, table.session)
    if not write_labels(table, format_, target, force, dry_run):
        print_message(f"The file system of {target} has no links, so the images were copied.")
    summary = ", ".join(f"{count:,} {status}" for status, count in sorted(table.counts.items()))
    print_message(f"{'Would write' if dry_run else 'Wrote'} {target}: {summary}.")
    if json:
        print_json({"path": str(target), "written": not dry_run, "counts": table.counts})


def _write_weights(folder: SessionFolder, kind: str, to: Path | None, force: bool, dry_run: bool, json: bool) -> None:
    from alc_tui.session.training.weights.plain_weights import export_weights

    check_choice("weights", kind, WEIGHTS)
    paths = export_weights(folder, kind, to or Path(f"{folder.name}-{kind}.safetensors"), force, dry_run)
    print_message(f"{'Would write' if dry_run else 'Wrote'} {' and '.join(map(str, paths))}.")
    if json:
        print_json({"paths": [str(path) for path in paths], "written": not dry_run})
