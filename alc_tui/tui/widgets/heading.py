"""The lines at the top of each screen, each with a left and a right end.

On a wide screen, two lines become one if they fit. If space is limited, the first line shortens its left end, then its
right one, and the other lines drop whole fields.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.widget import Widget

from alc_tui.text.format import plain, shorten

WIDE = 100
"""Columns of a screen on which two lines may become one."""
_SHORTEST = 12
"""Columns of a left end, unless it needs fewer: a title, or what tells a session by its name."""
_FIELD_GAP = " " * 3


class Heading(Widget):
    """Lines of (left, right); the first one is bold."""

    DEFAULT_CSS = """
    Heading { height: auto; padding: 0 1; background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[tuple[str, str], ...] = ()
        self._given: tuple[tuple[str, str], ...] = ()
        self._needs_all = False
        self._width = 0

    def on_resize(self, event: events.Resize) -> None:
        """Try again whether one line is enough, if the width is another one: the height is its own doing."""
        if event.size.width != self._width:
            self._width, self._needs_all = event.size.width, False
            self.show(*self._given)

    def show(self, *lines: tuple[str, str]) -> None:
        """Draw these lines if they have changed, to save bandwidth."""
        self._given = lines
        lines = self._joined(lines)
        if lines == self._lines:
            return
        self._lines = lines
        self.styles.height = len(lines)
        self.refresh()

    def _joined(self, lines: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """One line if the screen is wide enough; all lines once one was not enough, so that nothing moves later."""
        if len(lines) < 2 or self.app.size.width < WIDE:
            return lines
        left, right = (_FIELD_GAP.join(filter(None, ends)) for ends in zip(*lines, strict=True))
        self._needs_all |= cell_len(plain(left)) + cell_len(right) + 4 > self.app.size.width
        return lines if self._needs_all else ((left, right),)

    def render(self) -> Text:
        """The lines, as wide as the widget."""
        width = self.content_size.width
        drawn = Text(no_wrap=True, overflow="crop")
        for number, line in enumerate(self._lines):
            left, right = _fitting(*line, width) if number else line
            name = shorten(plain(left), max(min(_SHORTEST, cell_len(left)), width - cell_len(right) - 2))
            right = shorten(right, max(0, width - cell_len(name) - 2))
            gap = " " * max(1, width - cell_len(name) - cell_len(right))
            drawn.append("\n" if number else "")
            drawn.append(f"{name}{gap}{right}", style="bold" if number == 0 else "")
        return drawn


def _fitting(left: str, right: str, width: int) -> tuple[str, str]:
    """Both ends without the fields (separated by three spaces) that do not fit; fields of the right end are dropped
    first."""
    lefts, rights = left.split(_FIELD_GAP), [field for field in right.split(_FIELD_GAP) if field]
    while (
        cell_len(_FIELD_GAP.join(lefts)) + cell_len(_FIELD_GAP.join(rights)) + 2 > width
        and len(lefts) + len(rights) > 1
    ):
        if rights:
            del rights[0]
        else:
            del lefts[-1]
    return _FIELD_GAP.join(lefts), _FIELD_GAP.join(rights)
