"""How much of each given class the learning keeps: a rare class that is thrown out as noisy shows here."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from alc_tui.text.bars import bar
from alc_tui.text.format import percent, plain, shorten
from alc_tui.tui import palette


class CleanShares(Widget):
    """One bar per given class."""

    def __init__(self, classes: Sequence[str]) -> None:
        super().__init__()
        self._names = [plain(name) for name in classes]
        self._kept: tuple[float, ...] = ()
        self.styles.height = 1 + len(self._names)

    def show(self, kept: tuple[float, ...]) -> None:
        """Draw these shares, in the order of the classes."""
        if kept != self._kept:
            self._kept = kept
            self.refresh()

    def render(self) -> Text:
        """The rows, as wide as the widget."""
        drawn = Text("kept of each given class", no_wrap=True, overflow="crop")
        width = self.content_size.width - len(" 100%")
        name_width = min(max(map(cell_len, self._names)), max(4, width * 2 // 3))
        for name, share in zip(self._names, self._kept, strict=False):
            cut = shorten(name, name_width)
            drawn.append("\n" + cut + " " * (name_width - cell_len(cut) + 1))
            drawn.append(bar(share, max(1, min(40, width - name_width - 1))), style=palette.of(self).key)
            drawn.append(f" {percent(share)}")
        return drawn
