"""Case data: what a data set's table says about each sample besides its label, such as age, sex and site."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alc_tui.errors import UsageError

ALL_COLUMNS, NO_COLUMNS = "all", "none"
"""Instead of names of columns."""


@dataclass(frozen=True)
class CaseData:
    """columns: their names, in the table's order. rows: one for each sample, a text for each column, "" if missing."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def take(self, indices: Iterable[int]) -> CaseData:
        """The case data of some of the samples, in that order."""
        return CaseData(self.columns, tuple(self.rows[index] for index in indices))

    def select(self, names: Sequence[str]) -> CaseData:
        """Only the columns with these names, in that order."""
        places = [self.columns.index(name) for name in names]
        return CaseData(tuple(names), tuple(tuple(row[place] for place in places) for row in self.rows))

    def column(self, name: str) -> list[str]:
        """The values of a column."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


def default_columns(case_data: CaseData, labels: NDArray[np.int64]) -> tuple[str, ...]:
    """The columns to show unless others are asked for: those with values that neither name the samples nor tell their
    labels.

    labels: int64[n], those that come with the data.
    """
    return tuple(name for name in case_data.columns if _is_shown(case_data.column(name), labels))


def chosen_columns(case_data: CaseData | None, names: Sequence[str], dataset: str) -> tuple[str, ...]:
    """The columns that were asked for by name.

    names: empty or `none` for none. dataset: its name, for errors. Raises UsageError for a column that does not exist.
    """
    if list(names) in ([], [NO_COLUMNS]):
        return ()
    if case_data is None or not case_data.columns:
        raise UsageError(f"{dataset} has no table with columns to show; omit --show.")
    for name in names:
        check_column(name, case_data.columns, f"The table of {dataset}")
    return tuple(dict.fromkeys(names))


def hidden_columns(names: Sequence[str], columns: Sequence[str]) -> frozenset[str]:
    """The columns of these names, or all of them if `names` is `all`."""
    return frozenset(columns if list(names) == [ALL_COLUMNS] else names)


def check_column(name: str, columns: Sequence[str], where: str) -> None:
    """Raise UsageError with the columns unless `name` is one of them. where: the start of the sentence."""
    if name not in columns:
        near = difflib.get_close_matches(name, columns, n=1)
        advice = f"did you mean {near[0]!r}?" if near else f"use {', '.join(columns)}."
        raise UsageError(f"{where} has no column {name!r}; {advice}")


def _is_shown(values: Sequence[str], labels: NDArray[np.int64]) -> bool:
    return any(values) and not _names_samples(values) and not _tells_labels(values, labels)


def _names_samples(values: Sequence[str]) -> bool:
    """Whether the values are names, such as those of files: texts that all differ."""
    counts = Counter(filter(None, values))
    return len(counts) > 1 and max(counts.values()) == 1 and not all(map(_is_number, counts))


def _tells_labels(values: Sequence[str], labels: NDArray[np.int64]) -> bool:
    """Whether samples with the same value always have the same label, and not all have the same one."""
    pairs = {(value, int(label)) for value, label in zip(values, labels, strict=True) if value}
    counts = Counter(filter(None, values))
    return len(pairs) == len(counts) > 1 and max(counts.values()) > 1 and len({label for _, label in pairs}) > 1


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
