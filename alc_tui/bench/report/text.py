"""Renders a table for the terminal: columns as wide as their cells, in as many blocks as the terminal's width requires.

Does not use pandas, whose text output does not wrap titles, align text and numbers differently, or repeat the key
columns.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from alc_tui.bench.report.layout import blocks, column_lines
from alc_tui.bench.report.table import Table, one_line


def as_text(table: Table, width: int | None = None) -> str:
    """Columns side by side below the title, words aligned to the left and numbers to the right.

    width: columns of the terminal. Columns that do not fit next to the key columns follow below, with the key columns
    repeated. None for one block of any width.
    """
    columns = [column_lines(table, at) for at in range(len(table.columns))]
    layout = blocks([len(column[0]) for column in columns], table.keys, width)
    bodies = [_side_by_side([columns[at] for at in block]) for block in layout]
    notes = [line for note in table.notes for line in textwrap.wrap(one_line(note), width or 120)]
    return "\n".join([one_line(table.title), "", "\n\n".join(bodies), *([""] if notes else []), *notes])


def _side_by_side(columns: Sequence[Sequence[str]]) -> str:
    """The columns as lines, aligned at the bottom: titles differ in their number of lines."""
    tallest = max(map(len, columns))
    even = [[" " * len(column[0])] * (tallest - len(column)) + list(column) for column in columns]
    return "\n".join("  ".join(line).rstrip() for line in zip(*even, strict=True))
