"""How a report is written: its tables one after the other, joined by kind, or as one JSON document."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import groupby

from alc_tui.bench.report.sections import Section
from alc_tui.bench.report.table import FORMATS, Table, as_csv, as_json, as_text


def written(sections: Sequence[Section], suite: str, format_: str, width: int | None = None) -> str:
    """The report in one of `table.FORMATS`. width: columns of the terminal, for text; None for lines of any length.

    CSV: the tables of one kind are one, with a first column `task`; several kinds stand one after the other, each below
    a line `# KIND`. JSON: `suite` and `tables`, each with `table`, `task`, `title`, `rows` and `notes`, by names in
    snake_case.
    """
    if format_ == "json":
        return json.dumps({"suite": suite, "tables": [_plain(section) for section in sections]}, indent=1)
    if format_ == "csv":
        tables = [_joined(list(of_kind)) for _, of_kind in groupby(_by_kind(sections), key=lambda each: each.key)]
        return "\n\n".join((f"# {table.title}\n" if len(tables) > 1 else "") + as_csv(table) for table in tables)
    if format_ == "text":
        return "\n\n\n".join(as_text(section.table, width) for section in sections)
    write = FORMATS[format_]
    return "\n\n".join(write(section.table) for section in sections)


def _by_kind(sections: Sequence[Section]) -> list[Section]:
    """Sorted by kind, the kinds in the order in which they first appear."""
    kinds = list(dict.fromkeys(section.key for section in sections))
    return sorted(sections, key=lambda section: kinds.index(section.key))


def _joined(sections: Sequence[Section]) -> Table:
    """The tables of several tasks as one, with all their columns; empty where a task has none of a column."""
    columns = tuple(dict.fromkeys(name for section in sections for name in section.table.columns))
    rows = []
    for section in sections:
        for row in section.table.rows:
            told = dict(zip(section.table.columns, row, strict=True))
            rows.append((section.task, *(told.get(name) for name in columns)))
    return Table(sections[0].key, ("task", *columns), tuple(rows))


def _plain(section: Section) -> dict[str, object]:
    table = json.loads(as_json(section.table))
    rows = [{_snake(name): value for name, value in row.items()} for row in table["rows"]]
    return {"table": section.key, "task": section.task, **table, "rows": rows}


def _snake(column: str) -> str:
    words = column.replace("%", " percent ").replace("−", " minus ").lower()
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_")
