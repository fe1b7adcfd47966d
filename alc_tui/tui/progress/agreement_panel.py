"""Shows the agreement of verdicts: with suggestions, with an annotator's repeats, and between annotators."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from alc_tui.text.format import plain
from alc_tui.tui import palette

_EMPTY = "Nothing to compare yet. Agreement is measured on blind verdicts, repeats (--repeat) and second passes."


class AgreementPanel(Widget):
    """Lines of (comparison, agreement)."""

    def __init__(self, lines: Sequence[tuple[str, str]], id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines = [(plain(name), plain(value)) for name, value in lines]

    def render(self) -> Text:
        """The lines, with aligned values."""
        if not self._lines:
            return Text(_EMPTY, style=palette.of(self).faint)
        width = max(cell_len(name) for name, _ in self._lines) + 2
        drawn = Text()
        for name, value in self._lines:
            drawn.append(name + " " * (width - cell_len(name)), style=palette.of(self).faint).append(f"{value}\n")
        return drawn
