"""Hugging Face: a folder for `load_dataset("imagefolder", data_dir=…)`, with `metadata.csv` and links to the images.

The format is that of https://huggingface.co/docs/datasets/image_dataset. The links have numbers for names, because
ImageFolder takes words such as `test` in a path for a split. `csv:PATH` reads `metadata.csv` back.
"""

from __future__ import annotations

from pathlib import Path

from alc_tui.session.export.formats.csv_table import as_csv
from alc_tui.session.export.table import ExportRow, LabelTable
from alc_tui.session.store.journal import EXCLUDE

METADATA = "metadata.csv"
_COLUMNS = ("id", "given", "status", "who", "when", "round", "suggestion", "probability", "path", "note")


def links(table: LabelTable, folder: Path) -> dict[Path, Path]:
    """Map each link to its image file, for all images that are not excluded.

    Raises UsageError if the images have no separate files, or if some are missing.
    """
    rows = _rows(table)
    table.check_files(rows)
    return {folder / name: Path(row.path) for name, row in zip(_names(rows), rows, strict=True)}


def files(table: LabelTable) -> dict[str, bytes]:
    """The metadata."""
    rows = _rows(table)
    lines = [
        (name, row.final, *(getattr(row, column) for column in _COLUMNS))
        for name, row in zip(_names(rows), rows, strict=True)
    ]
    return {METADATA: as_csv(("file_name", "label", *_COLUMNS), lines)}


def _rows(table: LabelTable) -> list[ExportRow]:
    return [row for row in table.rows if row.status != EXCLUDE]


def _names(rows: list[ExportRow]) -> list[str]:
    """A name for the link of each row."""
    return [f"images/{number:07d}{Path(row.path).suffix}" for number, row in enumerate(rows)]
