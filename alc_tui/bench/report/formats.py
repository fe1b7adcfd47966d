"""A table as CSV, Markdown or LaTeX, written by pandas; needs the extra `report`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from alc_tui.bench.report.layout import blocks, column_lines, title_lines
from alc_tui.bench.report.table import Cell, MeanStd, Table, format_cell, one_line

if TYPE_CHECKING:
    from pandas import DataFrame

PAGE = 80
"""Characters of a LaTeX table that fit side by side on a page."""


def as_frame(table: Table) -> DataFrame:
    """The unrounded cells, None if empty; a column of means is followed by its standard deviations, `TITLE std`."""
    from pandas import DataFrame

    values: dict[str, list[str | int | float | None]] = {}
    for at, column in enumerate(table.columns):
        cells = table.cells(at)
        values[column.title] = [cell.mean if isinstance(cell, MeanStd) else cell for cell in cells]
        if any(isinstance(cell, MeanStd) for cell in cells):
            values[f"{column.title} std"] = [cell.std if isinstance(cell, MeanStd) else None for cell in cells]
    # Object columns: otherwise, pandas would convert integers in columns with empty cells to floats.
    return DataFrame(values, dtype=object)


def as_csv(table: Table) -> str:
    """A header and one line per row, see `as_frame`."""
    return as_frame(table).to_csv(index=False, lineterminator="\n").rstrip("\n")


def as_markdown(table: Table) -> str:
    """A heading, a table in GitHub's Markdown, and the notes as paragraphs."""
    from pandas import DataFrame

    rows = [[_escape(format_cell(cell), _MARKDOWN) for cell in row] for row in table.rows]
    frame = DataFrame(rows, columns=[_escape(column.title, _MARKDOWN) for column in table.columns], dtype=object)
    alignment = ["left" if table.has_words(at) else "right" for at in range(len(table.columns))] if rows else None
    body = frame.to_markdown(index=False, tablefmt="pipe", disable_numparse=True, colalign=alignment)
    notes = [line for note in table.notes for line in ("", _escape(note, _MARKDOWN))]
    return "\n".join([f"### {_escape(table.title, _MARKDOWN)}", "", body, *notes])


def as_latex(table: Table) -> str:
    """A `table` with caption and notes that requires no packages; columns that do not fit on the page are placed in
    another tabular."""
    widths = [len(column_lines(table, at)[0]) for at in range(len(table.columns))]
    bodies = [_tabular(table, block) for block in blocks(widths, table.keys, PAGE)]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering\small",
            rf"\caption{{{_escape(table.title, _LATEX)}}}",
            "\n\\par\\medskip\n".join(bodies),
            *(rf"\par {_escape(note, _LATEX)}" for note in table.notes),
            r"\end{table}",
        ]
    )


def _tabular(table: Table, block: Sequence[int]) -> str:
    from pandas import DataFrame
    from pandas.io.formats.style_render import CSSDict

    rows = [[_latex_cell(row[at]) for at in block] for row in table.rows]
    frame = DataFrame(rows, columns=[_latex_title(table, at) for at in block], dtype=object)
    rules = [CSSDict(selector=rule, props=":hline;") for rule in ("toprule", "midrule", "bottomrule")]
    styler = frame.style.hide(axis="index").set_table_styles(rules)
    return styler.to_latex(column_format="".join("l" if table.has_words(at) else "r" for at in block)).rstrip("\n")


def _latex_title(table: Table, at: int) -> str:
    lines = [_escape(line, _LATEX) for line in title_lines(table, at)]
    stacked = r" \\ ".join(lines)
    return stacked if len(lines) == 1 else rf"\shortstack[{'l' if table.has_words(at) else 'r'}]{{{stacked}}}"


def _latex_cell(cell: Cell) -> str:
    if cell is None or isinstance(cell, str):
        return _escape(format_cell(cell), _LATEX)
    return "$" + format_cell(cell).replace("±", r"\pm") + "$"


_MARKDOWN = {character: "\\" + character for character in "\\`*_{}[]<>|#~&"}
# At the start of a row, [ or * would be read as an argument of the line break before it.
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


def _escape(text: str, replacements: Mapping[str, str]) -> str:
    return "".join(replacements.get(character, character) for character in one_line(text))
