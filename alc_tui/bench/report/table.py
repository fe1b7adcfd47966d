"""A table of a report, and how it is written: text, Markdown, CSV, JSON, LaTeX. Knows not what it is about.

People read rounded numbers; CSV and JSON hold them in full.
"""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

DIGITS = 3
HEAD = 10
"""Characters of a column's name that stand on one line, however short its cells are."""

PAGE = 80
"""Characters of a LaTeX table that fit side by side on a page."""


@dataclass(frozen=True)
class Spread:
    """A mean over seeds and its standard deviation, None where there is one seed only. digits: for people."""

    mean: float
    std: float | None = None
    digits: int = field(default=DIGITS, compare=False)


Cell = str | int | float | Spread | None
"""None where there is nothing to tell."""


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns. keys: how many columns, the first ones, name the row. notes: sentences.

    Raises ValueError for a row of another length or two columns of one name.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    keys: int = 1
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.columns)) < len(self.columns):
            raise ValueError(f"two columns of the table {self.title!r} have one name")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of the table {self.title!r} does not have {len(self.columns)} cells")


def as_text(table: Table, width: int | None = None) -> str:
    """Columns side by side under the title, words to the left and numbers to the right.

    width: columns of the terminal; what does not fit beside the columns that name the rows comes below, with these
    again. None for one block, however wide.
    """
    wordy = _wordy(table)
    columns = [
        _column([_said(row[at]) for row in table.rows], table.columns[at], wordy[at])
        for at in range(len(table.columns))
    ]
    blocks = _blocks([len(column[0]) for column in columns], table.keys, width)
    bodies = [_side_by_side([columns[at] for at in block]) for block in blocks]
    notes = [line for note in table.notes for line in textwrap.wrap(_one_line(note), width or 120)]
    return "\n".join([_one_line(table.title), "", "\n\n".join(bodies), *([""] if notes else []), *notes])


def as_markdown(table: Table) -> str:
    """A heading, a table of GitHub's Markdown, and the notes as paragraphs."""
    marks = [":---" if left else "---:" for left in _wordy(table)]
    rows = [[_escaped(name, _MARKDOWN) for name in table.columns], marks]
    rows += [[_escaped(_said(cell), _MARKDOWN) for cell in row] for row in table.rows]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    notes = [line for note in table.notes for line in ("", _escaped(note, _MARKDOWN))]
    return "\n".join([f"### {_escaped(table.title, _MARKDOWN)}", "", *lines, *notes])


def as_latex(table: Table) -> str:
    """A `table` with a caption and the notes below, which needs no package; what is too wide for a page comes below."""
    cells = [[_said(row[at]) for row in table.rows] for at in range(len(table.columns))]
    widths = [len(_column(said, name, left=True)[0]) for said, name in zip(cells, table.columns, strict=True)]
    bodies = [_tabular(table, block) for block in _blocks(widths, table.keys, PAGE)]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering\small",
            rf"\caption{{{_escaped(table.title, _LATEX)}}}",
            "\n\\par\\medskip\n".join(bodies),
            *(rf"\par {_escaped(note, _LATEX)}" for note in table.notes),
            r"\end{table}",
        ]
    )


def as_csv(table: Table) -> str:
    """A header and one line per row; a column of means has its deviations in a column after it, `NAME std`."""
    spread = [any(isinstance(row[at], Spread) for row in table.rows) for at in range(len(table.columns))]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(
        _flat([[name, f"{name} std"] if two else [name] for name, two in zip(table.columns, spread, strict=True)])
    )
    for row in table.rows:
        writer.writerow(_flat([_values(cell)[: 1 + two] for cell, two in zip(row, spread, strict=True)]))
    return file.getvalue().rstrip("\n")


def as_json(table: Table) -> str:
    """`title`, `notes`, and `rows` by the names of the columns; a mean is `{mean, std}`. Raises ValueError for NaN."""
    rows = [dict(zip(table.columns, map(_plain, row), strict=True)) for row in table.rows]
    return json.dumps({"title": table.title, "rows": rows, "notes": table.notes}, indent=1, allow_nan=False)


FORMATS: dict[str, Callable[[Table], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "csv": as_csv,
    "json": as_json,
    "latex": as_latex,
}

_MARKDOWN = {character: "\\" + character for character in "\\`*_{}[]<>|#~&"}
# A line of a LaTeX table that begins with [ or * would be taken for an argument of the line break before.
_LATEX = {
    **{character: "\\" + character for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",
    "*": "{*}",
    "±": r"$\pm$",
    "−": "$-$",
}


def _wordy(table: Table) -> list[bool]:
    """Whether a column holds words."""
    return [any(isinstance(row[at], str) for row in table.rows) for at in range(len(table.columns))]


def _column(cells: Sequence[str], name: str, left: bool) -> list[str]:
    """Name and cells as lines of one width, the name on as many as it needs."""
    lines = [*_head(name, max(map(len, cells), default=0)), *cells]
    width = max(map(len, lines))
    return [line.ljust(width) if left else line.rjust(width) for line in lines]


def _head(name: str, width: int) -> list[str]:
    """A column's name in lines about as wide as its cells."""
    return textwrap.wrap(_one_line(name), max(width, HEAD), break_long_words=False, break_on_hyphens=False) or [""]


def _side_by_side(columns: Sequence[Sequence[str]]) -> str:
    """The columns as lines; names of fewer lines than others stand right above their cells."""
    tall = max(map(len, columns))
    even = [[" " * len(column[0])] * (tall - len(column)) + list(column) for column in columns]
    return "\n".join("  ".join(line).rstrip() for line in zip(*even, strict=True))


def _blocks(widths: Sequence[int], keys: int, width: int | None) -> list[list[int]]:
    """Which columns stand side by side in `width` characters, two between them: each time the keys, then as many
    others as fit, at least one."""
    blocks = [list(range(min(keys, len(widths))))]
    for at in range(keys, len(widths)):
        wide = sum(widths[each] + 2 for each in [*blocks[-1], at]) - 2
        if width is not None and wide > width and len(blocks[-1]) > keys:
            blocks.append(list(range(keys)))
        blocks[-1].append(at)
    return blocks


def _said(cell: Cell) -> str:
    """A cell as a person reads it, on one line."""
    if cell is None:
        return "-"
    if isinstance(cell, Spread):
        return f"{cell.mean:.{cell.digits}f}" + ("" if cell.std is None else f" ± {cell.std:.{cell.digits}f}")
    if not isinstance(cell, float):
        return _one_line(str(cell))
    tiny = 0 < abs(cell) < 0.5 * 10**-DIGITS
    return f"{cell:.1g}" if tiny else f"{cell:.{DIGITS}f}"


def _tabular(table: Table, columns: Sequence[int]) -> str:
    wordy = _wordy(table)
    body = [" & ".join(_in_latex(row[at]) for at in columns) + r" \\" for row in table.rows]
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{''.join('l' if wordy[at] else 'r' for at in columns)}}}",
            r"\hline",
            " & ".join(_head_in_latex(table, at, wordy[at]) for at in columns) + r" \\",
            r"\hline",
            *body,
            r"\hline",
            r"\end{tabular}",
        ]
    )


def _head_in_latex(table: Table, at: int, left: bool) -> str:
    widest = max((len(_said(row[at])) for row in table.rows), default=0)
    lines = [_escaped(line, _LATEX) for line in _head(table.columns[at], widest)]
    stacked = r" \\ ".join(lines)
    return stacked if len(lines) == 1 else rf"\shortstack[{'l' if left else 'r'}]{{{stacked}}}"


def _in_latex(cell: Cell) -> str:
    if cell is None or isinstance(cell, str):
        return _escaped(_said(cell), _LATEX)
    return "$" + _said(cell).replace("±", r"\pm") + "$"


def _plain(cell: Cell) -> Any:
    return {"mean": cell.mean, "std": cell.std} if isinstance(cell, Spread) else cell


def _values(cell: Cell) -> list[Any]:
    return [cell.mean, cell.std] if isinstance(cell, Spread) else [cell, None]


def _flat(lists: Sequence[Sequence[Any]]) -> list[Any]:
    return [each for part in lists for each in part]


def _escaped(text: str, signs: dict[str, str]) -> str:
    return "".join(signs.get(character, character) for character in _one_line(text))


def _one_line(text: str) -> str:
    return " ".join(text.split())
