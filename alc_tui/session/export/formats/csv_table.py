"""CSV: one line per training sample. `csv:PATH` reads it back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from alc_tui.session.export.table import LabelTable

_FIRST = ("id", "given", "final", "status", "who", "when", "round")
"""The columns of all versions."""
HEADER = ",".join(_FIRST).encode()
"""How a table begins, by which it is recognized."""
COLUMNS = (*_FIRST, "suggestion", "probability", "path", "note")


def content(table: LabelTable) -> bytes:
    """The table as CSV."""
    return as_csv(COLUMNS, ([getattr(row, name) for name in COLUMNS] for row in table.rows))


def as_csv(header: Sequence[str], lines: Iterable[Sequence[object]]) -> bytes:
    """CSV in UTF-8 that preserves the bytes of file names; None becomes an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue().encode(errors="surrogateescape")
