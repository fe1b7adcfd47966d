"""Renders a report in one format: as consecutive tables, as tables joined by kind, or as one JSON document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from alc_tui.bench.frame import require
from alc_tui.bench.report import formats
from alc_tui.bench.report.sections import Section
from alc_tui.bench.report.table import Cell, MeanStd, Table, columns
from alc_tui.bench.report.text import as_text

FORMATS = ("text", "markdown", "csv", "json", "latex")
_PACKAGES = {"csv": ("pandas",), "markdown": ("pandas", "tabulate"), "latex": ("pandas", "jinja2")}


def render(sections: Sequence[Section], suite: str, format_: str, width: int | None = None) -> str:
    """The report in one of FORMATS. width: columns of the terminal, for text; None for lines of any length.

    CSV: the tables of one kind are joined, with a first column `task` that names the condition; several kinds follow
    one another, each below a line `# KIND`. JSON: `suite` and `tables`, each with `table`, `task`, `title`, `rows` and
    `notes`; a mean over seeds is `{mean, std}`. Raises UsageError if the extra `report` is missing: markdown, csv and
    latex need it.
    """
    if format_ == "text":
        return "\n\n\n".join(as_text(section.table, width) for section in sections)
    if format_ == "json":
        document = {"suite": suite, "tables": [_document(section) for section in sections]}
        return json.dumps(document, indent=1, allow_nan=False)
    require(f"The format {format_}", *_PACKAGES[format_])
    if format_ == "csv":
        tables = [_joined(list(of_kind)) for _, of_kind in groupby(_by_kind(sections), key=lambda each: each.key)]
        headings = [f"# {table.title}\n" if len(tables) > 1 else "" for table in tables]
        return "\n\n".join(head + formats.as_csv(table) for head, table in zip(headings, tables, strict=True))
    write = {"markdown": formats.as_markdown, "latex": formats.as_latex}[format_]
    return "\n\n".join(write(section.table) for section in sections)


def _by_kind(sections: Sequence[Section]) -> list[Section]:
    """Sorted by kind, the kinds in the order of their first appearance."""
    kinds = list(dict.fromkeys(section.key for section in sections))
    return sorted(sections, key=lambda section: kinds.index(section.key))


def _joined(sections: Sequence[Section]) -> Table:
    """The tables of several conditions as one, with all their columns; empty cells where a table lacks a column."""
    names = dict.fromkeys(column for section in sections for column in section.table.columns)
    rows = []
    for section in sections:
        for row in section.table.rows:
            cells = dict(zip(section.table.columns, row, strict=True))
            rows.append((section.condition, *(cells.get(column) for column in names)))
    return Table(sections[0].key, columns("task", *names), tuple(rows))


def _document(section: Section) -> dict[str, Any]:
    table = section.table
    keys = [column.key for column in table.columns]
    rows = [dict(zip(keys, map(_plain, row), strict=True)) for row in table.rows]
    return {
        "table": section.key,
        "task": section.condition,
        "title": table.title,
        "rows": rows,
        "notes": list(table.notes),
    }


def _plain(cell: Cell) -> Any:
    return {"mean": cell.mean, "std": cell.std} if isinstance(cell, MeanStd) else cell
