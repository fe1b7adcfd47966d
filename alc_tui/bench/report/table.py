"""A table of a report: typed cells in named columns. Independent of its subject and output format. Text output is
rounded; CSV and JSON have full precision.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

DIGITS = 3


@dataclass(frozen=True)
class MeanStd:
    """A mean over seeds and its standard deviation, None if there is only one seed. digits: decimals to display."""

    mean: float
    std: float | None = None
    digits: int = field(default=DIGITS, compare=False)


Cell = str | int | float | MeanStd | None
"""None: no value."""


@dataclass(frozen=True)
class Column:
    """title: for text and CSV. key: for JSON."""

    title: str
    key: str


@dataclass(frozen=True)
class Table:
    """Rows of cells. keys: the number of leading columns that identify a row. notes: sentences.

    Raises ValueError for a row of another length or for two columns with one title or key.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    keys: int = 1
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for names in ({column.title for column in self.columns}, {column.key for column in self.columns}):
            if len(names) < len(self.columns):
                raise ValueError(f"two columns of the table {self.title!r} have the same name")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of the table {self.title!r} does not have {len(self.columns)} cells")

    def cells(self, at: int) -> list[Cell]:
        """The cells of a column."""
        return [row[at] for row in self.rows]

    def has_words(self, at: int) -> bool:
        """Whether a column holds text, which is aligned to the left; numbers are aligned to the right."""
        return any(isinstance(cell, str) for cell in self.cells(at))


def columns(*titles: str | Column) -> tuple[Column, ...]:
    """Columns with these titles; the key of a title is the same in snake_case."""
    return tuple(each if isinstance(each, Column) else Column(each, _snake_case(each)) for each in titles)


def format_cell(cell: Cell) -> str:
    """A cell as human-readable text, on one line."""
    if cell is None:
        return "-"
    if isinstance(cell, MeanStd):
        return f"{cell.mean:.{cell.digits}f}" + ("" if cell.std is None else f" ± {cell.std:.{cell.digits}f}")
    if not isinstance(cell, float):
        return one_line(str(cell))
    tiny = 0 < abs(cell) < 0.5 * 10**-DIGITS
    return f"{cell:.1g}" if tiny else f"{cell:.{DIGITS}f}"


def one_line(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def _snake_case(title: str) -> str:
    words = title.replace("%", " percent ").replace("−", " minus ").lower()
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_")
