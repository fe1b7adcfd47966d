"""The classes with their keys and what the model believes; who says what is written out, never colour alone."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.geometry import Size
from textual.widget import Widget

from alc_tui.session.service import Item
from alc_tui.tui.keys import class_keys
from alc_tui.tui.text import percent, plain, shorten
from alc_tui.tui.widgets.bars import bar

GIVEN, MODEL, BOTH = "given", "model", "given+model"
_SMALLEST_BAR, _LARGEST_BAR = 6, 24


class ClassList(Widget):
    """One row per class, in the data's order: key, name, bar, percentage, and who believes in it."""

    def __init__(self, classes: Sequence[str]) -> None:
        super().__init__()
        self._classes = tuple(classes)
        self._names = [plain(name) for name in classes]
        keys = class_keys(len(classes))
        self._keys = keys + [" "] * (len(classes) - len(keys))
        self._item: Item | None = None

    def show(self, item: Item) -> None:
        """Draw what the model believes of this sample."""
        self._item = item
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One row per class."""
        return len(self._classes)

    def render(self) -> Text:
        """The rows, as wide as the widget."""
        drawn = Text(no_wrap=True, overflow="crop")
        if self._item is None:
            return drawn
        fixed = len("k  ") + len(" 100% ") + len(BOTH)
        free = self.content_size.width - fixed
        name_width = max(4, min(max(map(cell_len, self._names)), free - _SMALLEST_BAR - 1))
        bar_width = max(1, min(_LARGEST_BAR, free - name_width - 1))
        for index, name in enumerate(self._names):
            share = float(self._item.probabilities[index])
            is_given, is_model = (self._classes[index] == who for who in (self._item.given, self._item.suggestion))
            marker = BOTH if is_given and is_model else GIVEN if is_given else MODEL if is_model else ""
            cut = shorten(name, name_width)
            drawn.append(f"{self._keys[index]} ", style="bold cyan")
            drawn.append(cut + " " * (name_width - cell_len(cut) + 1), style="bold" if marker else "")
            drawn.append(bar(share, bar_width), style="green" if is_model else "bright_black")
            drawn.append(f" {percent(share)} ")
            drawn.append(f"{marker}\n", style="bold yellow" if is_given else "bold green")
        drawn.right_crop(1)
        return drawn
