"""CSV files with a header, read as records. Independent of the meaning of the columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from alc_tui.data.images.errors import UnreadableFileError
from alc_tui.data.remote.sources import read_anywhere
from alc_tui.errors import UsageError

_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class CsvTable:
    """The records of a CSV file.

    columns: the header, in order, without unnamed columns at its end.
    rows: (line number, from 1; cells by column, stripped). record: what a row is called in errors.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]
    record: str = "row"


def read_table(
    path: Path,
    required: Sequence[str] = (),
    optional: Sequence[str] = (),
    alternatives: Sequence[Sequence[str]] = (),
) -> CsvTable:
    """The records of the UTF-8 CSV file at `path` (with or without a byte-order mark), separated by commas, semicolons
    or tabs.

    required, optional: columns that are found whatever their case. alternatives: other sets of columns, any of which
    does instead of `required`. Raises UsageError if it cannot be read, is not
    UTF-8, has no header, lacks a `required` column, repeats a column, or has a row with the wrong number of cells.
    """
    text = _text(path)
    sets = (required, *alternatives)
    try:
        delimiter = max(_DELIMITERS, key=lambda each: _fitness(_first(text, each), sets))
        lines = _lines(text, delimiter)
    except csv.Error as error:
        raise UsageError(f"The table {path} is not a CSV file ({error}); save it again as CSV.") from error
    if not lines:
        raise UsageError(f"The table {path} is empty; add a header and one row per record.")
    columns = _columns(lines[0][1], (*optional, *chain(*sets)))
    named = len(columns) - next((n for n, name in enumerate(reversed(columns)) if name), 0)
    if not any(set(each) <= set(columns) for each in sets):
        missing = [name for name in required if name not in columns]
        raise UsageError(
            f"The table {path} has no column {_quoted(missing)}, and its header has {_quoted(columns)}; rename the "
            "columns."
        )
    repeated = sorted({name for name in columns if name and columns.count(name) > 1})
    if repeated:
        raise UsageError(f"The table {path} names the column {_quoted(repeated)} more than once; rename one of them.")
    rows = tuple((number, _record(path, number, columns, row)) for number, row in lines[1:])
    return CsvTable(path, tuple(columns[:named]), rows)


def _text(path: Path) -> str:
    try:
        return read_anywhere(path).decode("utf-8-sig")
    except (OSError, ValueError, UnreadableFileError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise UsageError(f"The table {path} is not UTF-8 text; save it as CSV in UTF-8.") from error
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"The table {path} cannot be read ({reason}); check the path.") from error


def _lines(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """The rows that are not empty, with their line numbers; cells are stripped."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    return [(number, row) for number, row in lines if any(row)]


def _first(text: str, delimiter: str) -> list[str]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return next((row for row in reader if any(cell.strip() for cell in row)), [])


def _fitness(header: Sequence[str], sets: Sequence[Sequence[str]]) -> tuple[int, int]:
    """How well a delimiter fits: the number of expected columns in the header, then of all columns."""
    names = {cell.strip().casefold() for cell in header}
    return max(sum(name.casefold() in names for name in each) for each in sets), len(header)


def _columns(header: Sequence[str], known: Sequence[str]) -> list[str]:
    """The header with known columns spelled as they are known."""
    spelled = {name.casefold(): name for name in known if name not in header}
    return [spelled.get(cell.casefold(), cell) for cell in header]


def _record(path: Path, number: int, columns: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    """The cells of a row by column; cells are missing or left over only where there is nothing in them."""
    cells = list(row)
    while len(cells) > len(columns) and not cells[-1]:
        cells.pop()
    while len(cells) < len(columns) and not columns[len(cells)]:
        cells.append("")
    if len(cells) != len(columns):
        raise UsageError(
            f"Row {number} of {path} has {len(row)} cells, but the header has {len(columns)}; correct the row."
        )
    return dict(zip(columns, cells, strict=True))


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names if name)
