"""Features in a Parquet file, read with pandas and pyarrow (extra `parquet`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from alc_tui.errors import UsageError

if TYPE_CHECKING:
    from pandas import DataFrame

IDS = ("ids", "id")
"""The names that a column of ids may have."""
FEATURES = "features"
_LAYOUT = "write a column `ids`, and one column of numbers for each dimension or one column `features` of lists"


def read(file: BinaryIO, path: Path) -> tuple[list[str], NDArray[Any]]:
    """Ids, as text, and features [n, D] of a Parquet file.

    The ids are a column `ids` or `id`, or else the index of the data frame that was written. The features are a column
    `features` of lists of D numbers, or else all other columns. path: of the file, for messages. Raises UsageError if a
    package is missing or if the columns are others, and errors of pandas for a damaged file.
    """
    frame = _frame(file, path)
    column = next((name for name in IDS if name in frame.columns), None)
    if column is None and frame.index.dtype.kind in "iu":
        raise UsageError(f"{path} has no column named {IDS[0]!r} or {IDS[1]!r}; {_LAYOUT}.")
    ids = frame.index if column is None else frame[column]
    missing = int(np.count_nonzero(ids.isna()))
    if missing:
        raise UsageError(f"{missing} of {len(ids)} rows of {path} have no id; add the ids, or remove the rows.")
    rest = frame if column is None else frame.drop(columns=column)
    features = _lists(rest, path) if FEATURES in rest.columns else _columns(rest, path)
    return [str(name) for name in ids.tolist()], features


def _frame(file: BinaryIO, path: Path) -> DataFrame:
    try:
        import pandas
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"Reading {path.name} needs the packages pandas and pyarrow; run `pip install 'alc-tui[parquet]'`, or use "
            "an .npz file."
        ) from error
    return pandas.read_parquet(file, engine="pyarrow")


def _lists(frame: DataFrame, path: Path) -> NDArray[Any]:
    rows = frame[FEATURES].tolist()
    lengths = {len(row) if isinstance(row, (list, np.ndarray)) else 0 for row in rows}
    if len(lengths) > 1 or lengths == {0}:
        raise UsageError(f"The lists in the column {FEATURES!r} of {path} have the lengths {_few(lengths)}; {_LAYOUT}.")
    return np.array([np.asarray(row, dtype=np.float64) for row in rows])


def _columns(frame: DataFrame, path: Path) -> NDArray[Any]:
    wrong = [str(name) for name in frame.columns if getattr(frame[name].dtype, "kind", "O") not in "iuf"]
    if wrong:
        raise UsageError(f"The column {wrong[0]!r} of {path} does not hold numbers; {_LAYOUT}.")
    return frame.to_numpy(dtype=np.float32, na_value=np.nan)


def _few(lengths: set[int]) -> str:
    shown = [str(length) for length in sorted(lengths)[:3]]
    return ", ".join(shown) + (" and others" if len(lengths) > len(shown) else "")
