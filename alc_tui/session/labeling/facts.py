"""The case data of samples, as annotators see them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from alc_tui.data.case_data import CaseData


@dataclass(frozen=True)
class Fact:
    """A column of the case data and its value for a sample. is_open: whether blind mode shows it."""

    name: str
    value: str
    is_open: bool = True

    @property
    def title(self) -> str:
        """The name of the column in words: `age` for `age_approx`."""
        return self.name.removesuffix(_APPROXIMATE).replace("_", " ")

    @property
    def text(self) -> str:
        """The value as people write it: `about 75` for `75.0` in `age_approx`."""
        whole = _WHOLE.fullmatch(self.value)
        value = self.value if whole is None else whole[1]
        return f"about {value}" if self.name.endswith(_APPROXIMATE) else value


_APPROXIMATE = "_approx"
_WHOLE = re.compile(r"([-+]?\d+)\.0+")


class Facts:
    """The case data of all samples. hidden: the columns that blind mode hides."""

    def __init__(self, case_data: CaseData, hidden: Collection[str]) -> None:
        self._case_data, self._hidden = case_data, hidden

    def of(self, position: int) -> tuple[Fact, ...]:
        """Those of the sample at `position`, without missing values."""
        pairs = zip(self._case_data.columns, self._case_data.rows[position], strict=True)
        return tuple(Fact(name, value, name not in self._hidden) for name, value in pairs if value)
