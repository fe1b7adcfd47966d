"""Samples that need a second look, one per row, with the verdict and who or what disagrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.widgets import DataTable

from alc_tui.session.labeling.journal_state import FINAL
from alc_tui.session.labeling.review import Case
from alc_tui.session.store.journal import Decision
from alc_tui.text.format import plain, shorten

REVIEWED = "reviewed"
_LONGEST_ANSWER, _WIDE, _LONGEST_IN_WIDE = 16, 88, 40
_SHORTEST = 8
"""Columns for names and notes at least."""
_NAME = 16
"""Columns that a name has, if it needs them, before others are shown that could be left out."""
_GAP = 2


@dataclass(frozen=True)
class CaseRow:
    """A case with the name of its sample and its given label."""

    case: Case
    name: str
    given: str
    is_reviewed: bool


@dataclass(frozen=True)
class _Column:
    """importance: 0 if it is always shown, else its turn where space is left. may_be_cut: down to _SHORTEST."""

    title: str
    cells: Sequence[str]
    importance: int = 0
    may_be_cut: bool = False

    @property
    def longest(self) -> int:
        return max(map(cell_len, (self.title, *self.cells)))

    @property
    def least(self) -> int:
        return min(self.longest, _SHORTEST) if self.may_be_cut else self.longest


class CaseTable(DataTable[Text]):
    """Shows the columns that fit, with a fixed header."""

    def __init__(self, annotator: str) -> None:
        """annotator: the annotator shown as `you`."""
        super().__init__(cursor_type="row")
        self.can_focus = False
        self._annotator = annotator
        self._cases: Sequence[CaseRow] = ()
        self._longest_name = _LONGEST_ANSWER

    def show(self, cases: Sequence[CaseRow], row: int) -> None:
        """Draw cases. row: where the cursor goes."""
        self._cases = cases
        self._fill(row)

    def on_resize(self, _: events.Resize) -> None:
        """Give the names the width that the other columns leave."""
        self._fill(self.cursor_row)

    def _fill(self, row: int) -> None:
        self.clear(columns=True)
        free, shown = self.scrollable_content_region.width, list[_Column]()
        columns = self._columns_for(free)
        names = columns[0]
        for_names = min(names.longest, _NAME) - names.least
        for column in sorted(columns, key=lambda column: column.importance):
            if not column.importance or column.least + _GAP + for_names <= free:
                shown.append(column)
                free -= column.least + _GAP
        shown.sort(key=columns.index)
        cells = list[list[str]]()
        for column in shown:
            width = max(column.least, min(column.longest, column.least + free))
            free -= width - column.least
            self.add_column(Text(column.title), width=width)
            cells.append([shorten(cell, width) for cell in column.cells])
        for row_of_cells in zip(*cells, strict=True):
            self.add_row(*map(Text, row_of_cells))
        self.move_cursor(row=row)

    def _columns_for(self, width: int) -> list[_Column]:
        """All columns that have something to show; names in full where everything fits."""
        self._longest_name = width
        columns = self._columns()
        if sum(column.longest + _GAP for column in columns) <= width:
            return columns
        self._longest_name = _LONGEST_IN_WIDE if self.size.width >= _WIDE else _LONGEST_ANSWER
        return self._columns()

    def _columns(self) -> list[_Column]:
        """All columns that have something to show."""
        rows, cases = self._cases, [row.case for row in self._cases]
        verdicts = [case.verdict for case in cases]
        columns = [
            _Column("sample", [plain(row.name) for row in rows], may_be_cut=True),
            _Column("given", [self._cut(row.given) for row in rows], importance=1),
            _Column("verdict", [self._verdict(verdict) for verdict in verdicts]),
        ]
        if any(case.dissenter or case.near_duplicate for case in cases):
            columns.append(_Column("other label", [self._other(case) for case in cases]))
        if any(case.outlier_score is not None for case in cases):
            columns.append(_Column("score", [f"{case.outlier_score or 0:.1f}" for case in cases]))
        columns.append(_Column("round", [str(verdict.round) if verdict else "" for verdict in verdicts], importance=3))
        if any(verdict and verdict.blind for verdict in verdicts):
            blind = ["blind" if verdict and verdict.blind else "" for verdict in verdicts]
            columns.append(_Column("", blind, importance=4))
        if any(row.is_reviewed for row in rows):
            columns.append(_Column("", [REVIEWED if row.is_reviewed else "" for row in rows]))
        if any(verdict and verdict.note for verdict in verdicts):
            notes = [plain(verdict.note) if verdict else "" for verdict in verdicts]
            columns.append(_Column("note", notes, importance=2, may_be_cut=True))
        return columns

    def _verdict(self, verdict: Decision | None) -> str:
        if verdict is None:
            return ""
        return f"{self._cut(FINAL.get(verdict.kind, verdict.answer))} ({self._who(verdict.annotator)})"

    def _other(self, case: Case) -> str:
        if case.near_duplicate is not None:
            near = case.near_duplicate
            where = f" in {near.split}" if near.is_held_out else ""
            return f"{self._cut(near.label)} {near.similarity:.2f}{where}"
        if case.share is not None:
            return f"{self._cut(case.other)} {case.share:.2f}"
        return f"{self._cut(case.other)} ({self._who(case.dissenter)})" if case.dissenter else ""

    def _who(self, annotator: str) -> str:
        return "you" if annotator == self._annotator else self._cut(annotator)

    def _cut(self, name: str) -> str:
        return shorten(plain(name), self._longest_name)
