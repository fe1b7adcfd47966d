"""How a report is written: its tables one after the other, or as one JSON document."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from alc_tui.bench.report import Section
from alc_tui.bench.table import FORMATS, as_json


def written(sections: Sequence[Section], suite: str, format_: str) -> str:
    """The report in one of `table.FORMATS`.

    CSV: each table after a line `# title`, or alone without one. JSON: `suite` and `tables`, each with `table`, `task`,
    `title` and `rows`, by names in snake_case.
    """
    if format_ == "json":
        return json.dumps({"suite": suite, "tables": [_plain(section) for section in sections]}, indent=1)
    write = FORMATS[format_]
    if format_ == "csv" and len(sections) > 1:
        return "\n\n".join(f"# {section.table.title}\n{write(section.table)}" for section in sections)
    return "\n\n".join(write(section.table) for section in sections)


def _plain(section: Section) -> dict[str, object]:
    table = json.loads(as_json(section.table))
    rows = [{_snake(name): value for name, value in row.items()} for row in table["rows"]]
    return {"table": section.key, "task": section.task, "title": table["title"], "rows": rows}


def _snake(column: str) -> str:
    words = column.replace("%", " percent ").replace("−", " minus ").lower()
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_")
