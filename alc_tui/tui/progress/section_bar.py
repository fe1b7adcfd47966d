"""The sections of a screen in one line, each with its key; the one that is shown stands in brackets."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.widget import Widget


class SectionBar(Widget):
    """`1 classes  [2 curve]  3 confusion`; a click on a name shows its section, too."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names, self._current = tuple(names), names[0]

    def show(self, current: str) -> None:
        """Mark this section."""
        self._current = current
        self.refresh()

    def render(self) -> Text:
        """One line."""
        drawn = Text(no_wrap=True, overflow="crop")
        for number, name in enumerate(self._names, start=1):
            if name == self._current:
                drawn.append(f"[{number} {name}] ", style="bold")
            else:
                link = Style.from_meta({"@click": f"screen.show('{name}')"})
                drawn.append(" ").append(f"{number} {name}", style=link).append("  ")
        return drawn
