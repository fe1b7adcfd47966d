"""The lines at the top of each screen: a left and a right end, cut on the left if they do not fit."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from alc_tui.tui.text import plain, shorten


class Heading(Widget):
    """Some lines of (left, right); the first one is bold."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[tuple[str, str], ...] = ()

    def show(self, *lines: tuple[str, str]) -> None:
        """Draw these lines, if they are others: what is redrawn crosses somebody's SSH line."""
        if lines == self._lines:
            return
        self._lines = lines
        self.styles.height = len(lines)
        self.refresh()

    def render(self) -> Text:
        """The lines, as wide as the widget."""
        width = self.content_size.width
        drawn = Text(no_wrap=True, overflow="crop")
        for number, (left, right) in enumerate(self._lines):
            name = shorten(plain(left), max(0, width - cell_len(right) - 2))
            gap = " " * max(1, width - cell_len(name) - cell_len(right))
            drawn.append("\n" if number else "")
            drawn.append(f"{name}{gap}{right}", style="bold" if number == 0 else "")
        return drawn
