"""Scores of each class in the last round, with uncertainty, change, and number of test images."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.widgets import DataTable

from alc_tui.session.store.records import RoundRecord
from alc_tui.text.format import change, percent, plain, shorten
from alc_tui.text.scores import DOWN, UP, class_direction, class_interval
from alc_tui.text.sparkline import sparkline
from alc_tui.tui import palette

_SHORTEST_NAME = 6
FOCUS_MARK = " ◆"
"""Follows the name of the focus class."""

Column = tuple[str, list[Text]]


class ClassScores(DataTable[Text]):
    """One row per class, in the order of the data, with a fixed header.

    "guess" is the "guess %" of Khanal et al. (MICCAI 2024): the share of a class's truly clean samples that are in the
    clean set after round 0.
    """

    def __init__(
        self, classes: Sequence[str], rounds: Sequence[RoundRecord], focus: str | None, id: str | None = None
    ) -> None:
        """rounds: the finished rounds, at least one. focus: the focus class."""
        super().__init__(cursor_type="row", cell_padding=0, id=id)
        self.can_focus = False
        self._class_names, self._rounds, self._focus_class = tuple(classes), rounds, focus

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._fill())

    @property
    def here(self) -> str:
        """The class under the cursor."""
        return self._class_names[self.cursor_row]

    def move(self, rows: int) -> None:
        """Move the cursor."""
        self.move_cursor(row=self.cursor_row + rows)

    def mark_focus(self, focus: str | None) -> None:
        """Mark another class as the focus class."""
        self._focus_class = focus
        self._fill()

    def on_resize(self, _: events.Resize) -> None:
        """Use the width left by the numbers for the names."""
        self._fill()

    def _fill(self) -> None:
        row = self.cursor_row
        self.clear(columns=True)
        figures = self._figures()
        widths = [max(map(cell_len, (title, *(cell.plain for cell in cells)))) for title, cells in figures]
        names = [plain(name) + FOCUS_MARK * (name == self._focus_class) for name in self._class_names]
        free, longest = self.scrollable_content_region.width - sum(widths), max(map(cell_len, names))
        gap = 2 if free - 2 * len(widths) >= longest else 1
        name_width = min(max(_SHORTEST_NAME, free - gap * len(widths)), longest)
        self.add_column(Text("class"), width=max(name_width, len("class")))
        for (title, cells), width in zip(figures, widths, strict=True):
            self.add_column("", width=gap)
            self.add_column(Text(title, justify=cells[0].justify), width=width)
        for index, name in enumerate(names):
            cells = [part for _, figure in figures for part in (Text(), figure[index])]
            self.add_row(Text(shorten(name, name_width)), *cells)
        self.move_cursor(row=row)

    def _figures(self) -> list[Column]:
        entry = self._rounds[-1]
        support = self._support
        figures: list[Column] = [("F1", [_right(f"{entry.f1[name]:.3f}") for name in self._class_names])]
        if entry.interval is not None:
            ends, f1 = entry.interval.f1, entry.f1
            intervals = [class_interval(ends[name], f1[name], support[name]) for name in self._class_names]
            figures.append(("95 %", [_right(interval) for interval in intervals]))
        if len(self._rounds) > 1:
            figures += self._changes(entry, self._rounds[-2])
            figures.append(("rounds", [self._over_rounds(name) for name in self._class_names]))
        figures.append(("test", [_right(f"{support[name]:,}") for name in self._class_names]))
        if entry.clean_per_class is not None:
            clean = entry.clean_per_class
            figures.append(("clean", [_right(f"{clean[name]:,}") for name in self._class_names]))
        selection = self._rounds[0].selection
        if selection is not None:
            figures.append(("guess", [_right(percent(selection.guess[name])) for name in self._class_names]))
        return figures

    def _changes(self, entry: RoundRecord, before: RoundRecord) -> list[Column]:
        colors = palette.of(self)
        differences = [change(entry.f1[name], before.f1[name]) for name in self._class_names]
        if entry.change is None:
            return [("change", [_right(difference) for difference in differences])]
        support = self._support
        words = [class_direction(entry.change.f1[name], support[name]) for name in self._class_names]
        styles = [{UP: colors.good, DOWN: colors.bad}.get(word, colors.faint) for word in words]
        return [
            ("change", [_right(difference, style) for difference, style in zip(differences, styles, strict=True)]),
            ("", [Text(word, style=style) for word, style in zip(words, styles, strict=True)]),
        ]

    @property
    def _support(self) -> dict[str, int]:
        """The number of test images of each class."""
        return dict(zip(self._class_names, self._rounds[-1].scores.best.support, strict=True))

    def _over_rounds(self, name: str) -> Text:
        return Text(sparkline(entry.f1[name] for entry in self._rounds), style=palette.of(self).key)


def _right(text: str, style: str = "") -> Text:
    return Text(text, justify="right", style=style)
