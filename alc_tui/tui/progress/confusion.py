"""The confusion matrix of a round on the test set."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import DataTable

from alc_tui.text.format import plain, shorten
from alc_tui.tui import palette

_SHORTEST_NAME = 12
_LONGEST_HEADER = 6
_CORNER, _TOTAL = "true \\ predicted", "  images"


class Confusion(DataTable[Text]):
    """Rows are true classes, columns predicted classes; the diagonal, in brackets, is correct.

    If the names are too long for column headers, numbers are used, which precede the names in the rows. The header and
    the names are fixed when scrolling.
    """

    def __init__(self, classes: Sequence[str], counts: Sequence[Sequence[int]], id: str | None = None) -> None:
        """counts: C×C, rows true, columns predicted."""
        super().__init__(cursor_type="cell", cell_padding=0, fixed_columns=1, id=id)
        self.can_focus = False
        self._class_names = tuple(classes)
        self._names = [plain(name) for name in classes]
        self._counts = counts
        self._are_percentages = False

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._fill())

    def on_resize(self) -> None:
        """Use the width left by the numbers for the names."""
        self._fill()

    @property
    def here(self) -> tuple[str, str | None]:
        """The true and the predicted class of the cell under the cursor; None in the column of all images."""
        row, column = self.cursor_coordinate
        return self._class_names[row], self._class_names[column - 1] if column <= len(self._names) else None

    def move(self, rows: int, columns: int = 0) -> None:
        """Move the cursor, which never goes to the names."""
        row, column = self.cursor_coordinate
        last = len(self._names)
        self.move_cursor(row=min(max(row + rows, 0), last - 1), column=min(max(column + columns, 1), last + 1))

    def toggle_shares(self) -> None:
        """Show counts, or percentages of each row (of all images of the true class)."""
        self._are_percentages = not self._are_percentages
        self._fill()

    def _fill(self) -> None:
        here = self.cursor_coordinate
        self.clear(columns=True)
        classes = range(len(self._names))
        rows = [[self._cell(row, column) for column in classes] for row in classes]
        heads = self._names if self._have_short_names else [str(number + 1) for number in classes]
        widths = [
            max(cell_len(f" {head} "), *(len(row[column].plain) + 1 for row in rows))
            for column, head in enumerate(heads)
        ]
        titles = self._titles(self.scrollable_content_region.width - sum(widths) - len(_TOTAL))
        self.add_column(Text(_CORNER), width=max(map(cell_len, (*titles, _CORNER))))
        for head, width in zip(heads, widths, strict=True):
            self.add_column(Text(f"{head} ", justify="right"), width=width)
        self.add_column(Text(_TOTAL, justify="right"), width=len(_TOTAL))
        for title, cells, counts in zip(titles, rows, self._counts, strict=True):
            self.add_row(Text(title), *cells, Text(f"{sum(counts):,}", justify="right"))
        self.move_cursor(row=here.row, column=max(1, here.column))

    @property
    def _have_short_names(self) -> bool:
        return max(map(cell_len, self._names)) <= _LONGEST_HEADER

    def _titles(self, width: int) -> list[str]:
        """The names of the rows."""
        if self._have_short_names:
            return self._names
        digits = len(str(len(self._names)))
        free = max(_SHORTEST_NAME, width - digits - 1)
        return [f"{number:>{digits}} {shorten(name, free)}" for number, name in enumerate(self._names, start=1)]

    def _cell(self, row: int, column: int) -> Text:
        count, total = self._counts[row][column], sum(self._counts[row])
        value = f"{count:,}" if not self._are_percentages else f"{100 * count / total:.0f}%" if total else "–"
        if row == column:
            return Text(f"[{value}]", justify="right", style="bold")
        return Text(f"{value} " if count else "· ", justify="right", style="" if count else palette.of(self).faint)
