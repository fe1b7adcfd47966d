"""A line with the sections of a screen; the current one is in brackets."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.widget import Widget


class SectionBar(Widget):
    """`classes  [curve]  confusion`; clicking a name shows its section."""

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
        for name in self._names:
            if name == self._current:
                drawn.append(f"[{name}] ", style="bold")
            else:
                link = Style.from_meta({"@click": f"screen.show('{name}')"})
                drawn.append(" ").append(name, style=link).append("  ")
        return drawn
