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

ROOMY = 64
"""Minimum width of the table for showing all columns."""
REVIEWED = "reviewed"
_LONGEST_ANSWER, _WIDE, _LONGEST_IN_WIDE = 16, 88, 40
_SHORTEST_NAME = 8
_GAP = 2


@dataclass(frozen=True)
class CaseRow:
    """A case with the name of its sample and its given label."""

    case: Case
    name: str
    given: str
    is_reviewed: bool


class CaseTable(DataTable[Text]):
    """Shows the columns that fit, with a fixed header."""

    def __init__(self, annotator: str) -> None:
        """annotator: the annotator shown as `you`."""
        super().__init__(cursor_type="row")
        self.can_focus = False
        self._annotator = annotator
        self._cases: Sequence[CaseRow] = ()

    def show(self, cases: Sequence[CaseRow], row: int) -> None:
        """Draw cases. row: where the cursor goes."""
        self._cases = cases
        self._fill(row)

    def on_resize(self, _: events.Resize) -> None:
        """Give the names the width that the other columns leave."""
        self._fill(self.cursor_row)

    def _fill(self, row: int) -> None:
        self.clear(columns=True)
        (title, names), *others = self._columns()
        widths = [max(map(cell_len, (head, *cells))) for head, cells in others]
        longest = max(map(cell_len, (title, *names)))
        free = self.scrollable_content_region.width - sum(widths) - _GAP * (len(widths) + 1)
        width = min(longest, max(free, _SHORTEST_NAME))
        for head, wide in zip((title, *(head for head, _ in others)), (width, *widths), strict=True):
            self.add_column(Text(head), width=wide)
        names = [shorten(name, width) for name in names]
        for row_of_cells in zip(names, *(cells for _, cells in others), strict=True):
            self.add_row(*map(Text, row_of_cells))
        self.move_cursor(row=row)

    def _columns(self) -> list[tuple[str, list[str]]]:
        """Title and cells of each column, names first."""
        cases = [row.case for row in self._cases]
        columns: list[tuple[str, list[str]]] = [("sample", [plain(row.name) for row in self._cases])]
        if self.size.width >= ROOMY:
            columns.append(("given", [self._cut(row.given) for row in self._cases]))
        columns.append(("verdict", [self._verdict(case.verdict) for case in cases]))
        if any(case.dissenter or case.near_duplicate for case in cases):
            columns.append(("other label", [self._other(case) for case in cases]))
        if any(case.outlier_score is not None for case in cases):
            columns.append(("score", [f"{case.outlier_score or 0:.1f}" for case in cases]))
        if self.size.width >= ROOMY:
            columns.append(("round", [str(case.verdict.round) if case.verdict else "" for case in cases]))
            columns.append(("", ["blind" if case.verdict and case.verdict.blind else "" for case in cases]))
        if any(row.is_reviewed for row in self._cases):
            columns.append(("", [REVIEWED if row.is_reviewed else "" for row in self._cases]))
        if self.size.width >= ROOMY and any(case.verdict and case.verdict.note for case in cases):
            columns.append(("note", [self._cut(case.verdict.note) if case.verdict else "" for case in cases]))
        return columns

    def _verdict(self, verdict: Decision | None) -> str:
        if verdict is None:
            return ""
        return f"{self._cut(FINAL.get(verdict.kind, verdict.answer))} ({self._who(verdict.annotator)})"

    def _other(self, case: Case) -> str:
        if case.near_duplicate is not None:
            return f"{self._cut(case.near_duplicate.label)} {case.near_duplicate.similarity:.2f}"
        if case.share is not None:
            return f"{self._cut(case.other)} {case.share:.2f}"
        return f"{self._cut(case.other)} ({self._who(case.dissenter)})" if case.dissenter else ""

    def _who(self, annotator: str) -> str:
        return "you" if annotator == self._annotator else self._cut(annotator)

    def _cut(self, name: str) -> str:
        longest = _LONGEST_IN_WIDE if self.size.width >= _WIDE else _LONGEST_ANSWER
        return shorten(plain(name), longest)
