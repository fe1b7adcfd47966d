"""A line with the sections of a screen and their keys; the current one is in brackets."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.widget import Widget


class SectionBar(Widget):
    """`1 classes  [2 curve]  3 confusion`; clicking a name shows its section."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names, self._current = tuple(names), names[0]

    def show(self, current: str) -> None:
        """Mark this section as the current one."""
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
