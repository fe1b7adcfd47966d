"""The worker's events as a log: one line each, with the time of day. Scrolls automatically unless scrolled up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from rich.table import Table
from rich.text import Text
from textual.events import Resize
from textual.widgets import RichLog

from alc_tui.session.store.events import Event, Failed
from alc_tui.text.events import EventLines
from alc_tui.text.format import plain
from alc_tui.tui import palette

_TIME = len("00:00:00")


class EventList(RichLog):
    """A scrolling log; wrapped lines are indented, and a new day is shown as a separate line."""

    def __init__(self) -> None:
        super().__init__(min_width=0)
        self.can_focus = False
        self._sentences = EventLines()
        self._lines_added: list[tuple[datetime | None, str, bool]] = []
        self._day = date.today()

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._write_again())

    def on_resize(self, event: Resize) -> None:
        """Wrap the lines again."""
        super().on_resize(event)
        self._write_again()

    def add(self, events: Iterable[tuple[datetime | None, Event]]) -> None:
        """Append events, each with the time at which it was written."""
        for at, event in events:
            sentence = self._sentences.next(event)
            if sentence is not None:
                line = (None if at is None else at.astimezone(), plain(sentence.strip()), isinstance(event, Failed))
                self._lines_added.append(line)
                self._write_line(*line)

    def _write_again(self) -> None:
        self.clear()
        self._day = date.today()
        for line in self._lines_added:
            self._write_line(*line)

    def _write_line(self, at: datetime | None, sentence: str, is_failure: bool) -> None:
        colors, follows = palette.of(self), self.is_vertical_scroll_end
        if at is not None and at.date() != self._day:
            self._day = at.date()
            self.write(Text(f"{self._day:%Y-%m-%d}", style=colors.faint), scroll_end=follows)
        row = Table.grid(padding=(0, 1), expand=True)
        row.add_column(width=_TIME)
        row.add_column(ratio=1)
        time = Text("" if at is None else f"{at:%H:%M:%S}", style=colors.faint)
        row.add_row(time, Text(sentence, style=f"bold {colors.bad}" if is_failure else ""))
        self.write(row, expand=True, scroll_end=follows)
