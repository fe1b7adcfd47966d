"""The lines at the top of each screen: a left and a right end. The first is cut on the left if it does not fit; the
others lose whole fields."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from alc_tui.text.format import plain, shorten

_BETWEEN = " " * 3


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
        for number, line in enumerate(self._lines):
            left, right = _fitting(*line, width) if number else line
            name = shorten(plain(left), max(0, width - cell_len(right) - 2))
            gap = " " * max(1, width - cell_len(name) - cell_len(right))
            drawn.append("\n" if number else "")
            drawn.append(f"{name}{gap}{right}", style="bold" if number == 0 else "")
        return drawn


def _fitting(left: str, right: str, width: int) -> tuple[str, str]:
    """Both without the fields, three spaces apart, that there is no room for: those of the right go first."""
    lefts, rights = left.split(_BETWEEN), [field for field in right.split(_BETWEEN) if field]
    while cell_len(_BETWEEN.join(lefts)) + cell_len(_BETWEEN.join(rights)) + 2 > width and len(lefts) + len(rights) > 1:
        if rights:
            del rights[0]
        else:
            del lefts[-1]
    return _BETWEEN.join(lefts), _BETWEEN.join(rights)
