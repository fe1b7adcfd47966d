"""A table of sessions that keeps its cursor position when redrawn. Does not read the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import DataTable

from alc_tui.session.store.state import Overview, State
from alc_tui.text.format import plain, shorten
from alc_tui.tui import palette
from alc_tui.tui.sessions.rows import DAMAGED, SessionRow, created_at, remaining_budget

WIDE = 112
"""Minimum width of the terminal for showing all columns."""
NARROWEST = 12
"""Columns at least for the name of a session or of a data set, unless it needs fewer."""
_PADDING = 2
_SCROLLBAR = 1

_COLUMNS: tuple[tuple[str, int, bool, Callable[[Overview], str]], ...] = (
    ("noise", 5, False, lambda row: "–" if row.noise is None else f"{row.noise:.2f}"),
    ("state", 8, False, lambda row: row.state),
    ("round", 5, False, lambda row: f"{row.round}/{row.rounds}"),
    ("labels", 9, False, lambda row: f"{row.decided_total}/{row.budget_total}"),
    ("left", 6, True, lambda row: f"{remaining_budget(row):,}"),
    ("best F1", 7, False, lambda row: "–" if row.macro_f1_best is None else f"{row.macro_f1_best:.3f}"),
    ("created", 16, True, created_at),
)
"""Title, width, whether to show the column only in a wide terminal, and the function that formats a cell."""


class SessionsTable(DataTable[Text]):
    """One row per session, with its replays indented below it. The cursor stays on its session."""

    def __init__(self) -> None:
        super().__init__(cursor_type="row", cursor_foreground_priority="renderable")
        self.can_focus = False
        self._rows: Sequence[SessionRow] = ()
        self._width = 0
        self._laid_out: list[int] = []

    @property
    def row(self) -> SessionRow | None:
        """The session under the cursor."""
        return self._rows[self.cursor_row] if 0 <= self.cursor_row < len(self._rows) else None

    def on_mount(self) -> None:
        """Follow the theme."""
        self._lay_out()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._lay_out(self._key))

    def on_resize(self) -> None:
        """Show the columns that fit."""
        if self.size.width != self._width:
            self._width = self.size.width
            self._lay_out(self._key)

    def show(self, rows: Sequence[SessionRow]) -> None:
        """Draw these sessions; if they are the same as before, only the cells that have changed."""
        at, before, self._rows = self._key, self._rows, rows
        if self._widths() != self._laid_out:
            self._lay_out(at)
            return
        if [row.key for row in before] != [row.key for row in rows]:
            self._fill(at)
            return
        for row, old in zip(rows, before, strict=True):
            if row is not old:
                for title, cell in zip(self._titles(), self._cells(row), strict=True):
                    self.update_cell(row.key, title, cell)

    @property
    def _key(self) -> str | None:
        """That of the session under the cursor."""
        return None if self.row is None else self.row.key

    def _lay_out(self, at: str | None = None) -> None:
        """Divide the width, and draw all rows, with the cursor at the row with the key `at`."""
        self.clear(columns=True)
        self._laid_out = self._widths()
        for title, width in zip(self._titles(), self._laid_out, strict=True):
            self.add_column(Text(title, justify="left" if title in _LEFT_ALIGNED else "right"), width=width, key=title)
        self._fill(at)

    def _fill(self, at: str | None) -> None:
        """Draw all rows, with the cursor at the row with the key `at`, or else where it was."""
        place = self.cursor_row
        self.clear()
        for row in self._rows:
            self.add_row(*self._cells(row), key=row.key)
        places = {row.key: number for number, row in enumerate(self._rows)}
        self.move_cursor(row=places.get(at or "", min(place, max(0, len(self._rows) - 1))))

    @property
    def _is_wide(self) -> bool:
        return self._width >= WIDE

    def _shown(self) -> list[tuple[str, int, Callable[[Overview], str]]]:
        return [(title, width, text) for title, width, only, text in _COLUMNS if self._is_wide or not only]

    def _titles(self) -> list[str]:
        return ["session", "dataset", *(title for title, _, _ in self._shown())]

    def _widths(self) -> list[int]:
        """Use the width left by the other columns for the names: both get what they need, or their share."""
        others = [width for _, width, _ in self._shown()]
        rest = self._width - _SCROLLBAR - sum(others) - _PADDING * (len(others) + 2)
        name, dataset = (
            max([len(title), *(cell_len(text(row)) for row in self._rows)])
            for title, text in (("session", _name), ("dataset", _dataset))
        )
        for_dataset = min(dataset, max(rest - name, rest // 2, NARROWEST))
        return [max(min(name, rest - for_dataset), min(name, NARROWEST)), for_dataset, *others]

    def _cells(self, row: SessionRow) -> list[Text]:
        colors, (name_width, dataset_width, *_) = palette.of(self), self._laid_out
        faint = "" if row.of is None else colors.faint
        cells = [
            Text(shorten(_name(row), name_width), style=faint or "bold"),
            Text(shorten(_dataset(row), dataset_width)),
        ]
        for title, _, text in self._shown():
            if title == "state":
                cells.append(Text(row.state, style=colors.bad if row.state in (DAMAGED, State.FAILED) else faint))
            else:
                cells.append(Text("" if row.overview is None else text(row.overview), style=faint, justify="right"))
        return cells


def _name(row: SessionRow) -> str:
    return ("└ " if row.of else "") + plain(row.folder.name)


def _dataset(row: SessionRow) -> str:
    """The data set of a session without the folders of its path; empty for a replay, which has the same."""
    if row.overview is None or row.of:
        return ""
    kind, colon, rest = plain(row.overview.dataset).partition(":")
    return kind + colon + PurePath(rest).name


_LEFT_ALIGNED = ("session", "dataset", "state")
