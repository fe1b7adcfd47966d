"""The share of each given class that is selected as clean; reveals rare classes that are discarded as noise."""

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
        self._shares: tuple[float, ...] = ()
        self.styles.height = 1 + len(self._names)

    def show(self, shares: tuple[float, ...]) -> None:
        """Draw these shares (0…1), in the order of the classes."""
        if shares != self._shares:
            self._shares = shares
            self.refresh()

    def render(self) -> Text:
        """The rows, as wide as the widget."""
        drawn = Text("selected as clean, by given class", no_wrap=True, overflow="crop")
        width = self.content_size.width - len(" 100%")
        name_width = min(max(map(cell_len, self._names)), max(4, width * 2 // 3))
        for name, share in zip(self._names, self._shares, strict=False):
            cut = shorten(name, name_width)
            drawn.append("\n" + cut + " " * (name_width - cell_len(cut) + 1))
            drawn.append(bar(share, max(1, min(40, width - name_width - 1))), style=palette.of(self).key)
            drawn.append(f" {percent(share)}")
        return drawn
