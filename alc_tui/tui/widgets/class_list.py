"""The classes with their keys and what the model believes; who says what is written out, never colour alone."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from alc_tui.session.service import Item
from alc_tui.tui import palette
from alc_tui.tui.keys import class_keys
from alc_tui.tui.text import percent, plain, shorten
from alc_tui.tui.widgets.bars import bar

GIVEN, MODEL, BOTH = "given", "model", "given+model"
_SMALLEST_BAR, _LARGEST_BAR = 6, 24
_LONGEST_NAME = 14
_FIXED = len("1 ") + len("  100% ") + len(BOTH)


class ClassList(Widget):
    """One row per class, in the data's order: key, name, bar, percentage, and who believes in it."""

    def __init__(self, classes: Sequence[str]) -> None:
        super().__init__()
        self._class_names = tuple(classes)
        self._names = [plain(name) for name in classes]
        self._longest = max(map(cell_len, self._names))
        keys = class_keys(len(classes))
        self._keys = keys + [" "] * (len(classes) - len(keys))
        self._item: Item | None = None
        self.styles.height = len(self._class_names)

    @property
    def narrowest(self) -> int:
        """Columns below which names would be cut more than need be."""
        return _FIXED + _SMALLEST_BAR + min(self._longest, _LONGEST_NAME)

    def show(self, item: Item) -> None:
        """Draw what the model believes of this sample."""
        self._item = item
        self.refresh()

    def render(self) -> Text:
        """The rows, as wide as the widget."""
        drawn = Text(no_wrap=True, overflow="crop")
        if self._item is None:
            return drawn
        free = self.content_size.width - _FIXED
        name_width = max(4, min(self._longest, free - _SMALLEST_BAR))
        bar_width = max(1, min(_LARGEST_BAR, free - name_width))
        for index, name in enumerate(self._names):
            share = float(self._item.probabilities[index])
            is_given, is_model = (self._class_names[index] == who for who in (self._item.given, self._item.suggestion))
            marker = BOTH if is_given and is_model else GIVEN if is_given else MODEL if is_model else ""
            cut = shorten(name, name_width)
            drawn.append(f"{self._keys[index]} ", style=f"bold {palette.KEY}")
            drawn.append(cut + " " * (name_width - cell_len(cut) + 1), style="bold" if marker else "")
            drawn.append(bar(share, bar_width), style=palette.MODEL if is_model else palette.FAINT)
            drawn.append(f" {percent(share)} ")
            drawn.append(f"{marker}\n", style=f"bold {palette.GIVEN if is_given else palette.MODEL}")
        drawn.right_crop(1)
        return drawn
