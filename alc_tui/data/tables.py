"""CSV files with a header, read as records. Independent of the meaning of the columns."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alc_tui.errors import UsageError


@dataclass(frozen=True)
class CsvTable:
    """The records of a CSV file.

    columns: the header, in order.
    rows: (line number, from 1; cells by column, stripped).
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]


def read_table(path: Path, required: Sequence[str] = ()) -> CsvTable:
    """The records of the UTF-8 CSV file at `path` (with or without a byte-order mark).

    Raises UsageError if it cannot be read, is not UTF-8, has no header, lacks a `required` column, repeats a column, or
    has a row with the wrong number of cells.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except OSError as error:
        raise UsageError(f"The table {path} cannot be read ({error.strerror}): check the path.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The table {path} is not UTF-8 text: save it as CSV in UTF-8.") from error
    except csv.Error as error:
        raise UsageError(f"The table {path} is not a CSV file ({error}): save it again as CSV.") from error
    lines = [(number, row) for number, row in lines if any(row)]
    if not lines:
        raise UsageError(f"The table {path} is empty: add a header and one row per record.")
    columns = tuple(lines[0][1])
    _check_columns(path, columns, required)
    return CsvTable(path, columns, tuple((number, _record(path, number, columns, row)) for number, row in lines[1:]))


def _check_columns(path: Path, columns: tuple[str, ...], required: Sequence[str]) -> None:
    missing = [name for name in required if name not in columns]
    if missing:
        raise UsageError(
            f"The table {path} has no column {_quoted(missing)}: its first row names {_quoted(columns)}, "
            "separated by commas."
        )
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise UsageError(f"The table {path} names the column {_quoted(repeated)} more than once: rename one of them.")


def _record(path: Path, number: int, columns: tuple[str, ...], row: list[str]) -> dict[str, str]:
    if len(row) != len(columns):
        raise UsageError(
            f"Row {number} of {path} has {len(row)} cells, the header has {len(columns)}: correct the row."
        )
    return dict(zip(columns, row, strict=True))


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
