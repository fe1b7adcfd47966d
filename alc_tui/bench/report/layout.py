"""Which columns of a table fit side by side, and how their titles break; for text and LaTeX."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from alc_tui.bench.report.table import Table, format_cell, one_line

HEAD = 10
"""Minimum width at which titles are wrapped, even if the column's cells are narrower."""


def column_lines(table: Table, at: int) -> list[str]:
    """Title and cells of a column as lines of equal width."""
    left = table.has_words(at)
    lines = [*title_lines(table, at), *map(format_cell, table.cells(at))]
    width = max(map(len, lines))
    return [line.ljust(width) if left else line.rjust(width) for line in lines]


def title_lines(table: Table, at: int) -> list[str]:
    """A column's title in lines about as wide as its cells."""
    widest = max((len(format_cell(cell)) for cell in table.cells(at)), default=0)
    title = one_line(table.columns[at].title)
    return textwrap.wrap(title, max(widest, HEAD), break_long_words=False, break_on_hyphens=False) or [""]


def blocks(widths: Sequence[int], keys: int, width: int | None) -> list[list[int]]:
    """Groups of columns that fit side by side in `width` characters, with two spaces between columns.

    Each block begins with the `keys` leading columns and has at least one other. width: None for a single block.
    """
    layout = [list(range(min(keys, len(widths))))]
    for at in range(keys, len(widths)):
        needed = sum(widths[each] + 2 for each in [*layout[-1], at]) - 2
        if width is not None and needed > width and len(layout[-1]) > keys:
            layout.append(list(range(keys)))
        layout[-1].append(at)
    return layout
