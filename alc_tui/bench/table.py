"""A table of a report, and how it is written: text, Markdown, CSV, JSON, LaTeX. Knows not what it is about.

People read rounded numbers; CSV and JSON hold them in full.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

DIGITS = 3


@dataclass(frozen=True)
class Spread:
    """A mean over seeds and its standard deviation, None where there is one seed only."""

    mean: float
    std: float | None = None


Cell = str | int | float | Spread | None
"""None where there is nothing to tell."""


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns. Raises ValueError for a row of another length or two columns of one name."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        if len(set(self.columns)) < len(self.columns):
            raise ValueError(f"two columns of the table {self.title!r} have one name")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of the table {self.title!r} does not have {len(self.columns)} cells")


def as_text(table: Table) -> str:
    """Columns side by side under the title, words to the left and numbers to the right."""
    lines = [[_one_line(name) for name in table.columns], *([_said(cell) for cell in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    wordy = _wordy(table)
    body = [
        "  ".join(
            cell.ljust(width) if left else cell.rjust(width)
            for cell, width, left in zip(line, widths, wordy, strict=True)
        ).rstrip()
        for line in lines
    ]
    return "\n".join([_one_line(table.title), "", *body])


def as_markdown(table: Table) -> str:
    """A heading and a table of GitHub's Markdown."""
    marks = [":---" if left else "---:" for left in _wordy(table)]
    rows = [[_escaped(name, _MARKDOWN) for name in table.columns], marks]
    rows += [[_escaped(_said(cell), _MARKDOWN) for cell in row] for row in table.rows]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([f"### {_escaped(table.title, _MARKDOWN)}", "", *lines])


def as_latex(table: Table) -> str:
    """A `table` with a caption, which needs no package."""
    head = " & ".join(_escaped(name, _LATEX) for name in table.columns)
    body = [" & ".join(_in_latex(cell) for cell in row) + r" \\" for row in table.rows]
    return "\n".join(
        [
            r"\begin{table}",
            rf"\caption{{{_escaped(table.title, _LATEX)}}}",
            rf"\begin{{tabular}}{{{''.join('l' if left else 'r' for left in _wordy(table))}}}",
            r"\hline",
            head + r" \\",
            r"\hline",
            *body,
            r"\hline",
            r"\end{tabular}",
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
    """`title` and `rows`, each by the names of the columns; a mean is `{mean, std}`. Raises ValueError for NaN."""
    rows = [dict(zip(table.columns, map(_plain, row), strict=True)) for row in table.rows]
    return json.dumps({"title": table.title, "rows": rows}, indent=1, allow_nan=False)


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
}


def _wordy(table: Table) -> list[bool]:
    """Whether a column holds words."""
    return [any(isinstance(row[at], str) for row in table.rows) for at in range(len(table.columns))]


def _said(cell: Cell) -> str:
    """A cell as a person reads it, on one line."""
    if cell is None:
        return "-"
    if isinstance(cell, Spread):
        return f"{cell.mean:.{DIGITS}f}" + ("" if cell.std is None else f" ± {cell.std:.{DIGITS}f}")
    return f"{cell:.{DIGITS}f}" if isinstance(cell, float) else _one_line(str(cell))


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
