"""The case data of samples, as annotators see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from alc_tui.data.case_data import CaseData


@dataclass(frozen=True)
class Fact:
    """A column of the case data and its value for a sample. is_open: whether blind mode shows it."""

    name: str
    value: str
    is_open: bool = True


class Facts:
    """The case data of all samples. hidden: the columns that blind mode hides."""

    def __init__(self, case_data: CaseData, hidden: Collection[str]) -> None:
        self._case_data, self._hidden = case_data, hidden

    def of(self, position: int) -> tuple[Fact, ...]:
        """Those of the sample at `position`, without missing values."""
        pairs = zip(self._case_data.columns, self._case_data.rows[position], strict=True)
        return tuple(Fact(name, value, name not in self._hidden) for name, value in pairs if value)
