"""The classes with their keys and the model's probabilities; markers are shown as text, never by color alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from alc_tui.session.labeling.items import Item
from alc_tui.text.bars import bar
from alc_tui.text.format import percent, plain, shorten
from alc_tui.tui import palette
from alc_tui.tui.keys import display_key

GIVEN, MODEL, BOTH = "given", "model", "given+model"
_SMALLEST_BAR, _LARGEST_BAR = 6, 24
_LONGEST_NAME = 14
"""Columns of a name that matter more than the bar."""
_FIXED = len("1 ") + len("  100% ") + len(BOTH)
COUNTS = 13
"""Columns for the counts of a class."""


@dataclass(frozen=True)
class ClassCount:
    """Samples of one class in the clean set, and labels decided so far."""

    clean: int
    decided: int


class ClassList(Widget):
    """One row per class, in the order of the data: key, name, bar, percentage, marker."""

    def __init__(self, classes: Sequence[str], class_keys: Sequence[str]) -> None:
        super().__init__()
        self._class_names = tuple(classes)
        self._names = [plain(name) for name in classes]
        self._longest = max(map(cell_len, self._names))
        self._keys = [display_key(key) for key in class_keys]
        self._key_width = max(map(cell_len, self._keys)) + 1
        self._item: Item | None = None
        self._hidden = False
        self._counts: Sequence[ClassCount] = ()
        self.styles.height = len(self._class_names)

    @property
    def narrowest(self) -> int:
        """The minimum width without truncating names."""
        return _FIXED + _SMALLEST_BAR + min(self._longest, _LONGEST_NAME)

    def show(self, item: Item, hidden: bool) -> None:
        """Draw the classes with the model's probabilities for this sample, or without them if `hidden`."""
        self._item, self._hidden = item, hidden
        self.refresh()

    def show_counts(self, counts: Sequence[ClassCount]) -> None:
        """Draw these counts beside the classes, below a row of titles; none if empty."""
        self._counts = tuple(counts)
        self.styles.height = len(self._class_names) + bool(counts)
        self.refresh()

    def render(self) -> Text:
        """The rows, as wide as the widget."""
        drawn = Text(no_wrap=True, overflow="crop")
        if self._item is None:
            return drawn
        colors = palette.of(self)
        free = self.content_size.width - _FIXED - (COUNTS if self._counts else 0)
        name_width = max(4, min(self._longest, max(free - _SMALLEST_BAR, min(free, _LONGEST_NAME))))
        bar_width = max(0, min(_LARGEST_BAR, free - name_width))
        if self._counts:
            drawn.append(f"{'clean decided':>{self.content_size.width}}\n", style=colors.faint)
        for index, name in enumerate(self._names):
            marker = "" if self._hidden else self._marker(index)
            cut = shorten(name, name_width)
            drawn.append("\n" * (index > 0)).append(f"{self._keys[index]:<{self._key_width}}", f"bold {colors.key}")
            drawn.append(cut + " " * (name_width - cell_len(cut) + 1), style="bold" if marker else "")
            if not self._hidden:
                share = float(self._item.probabilities[index])
                is_model = marker in (MODEL, BOTH)
                drawn.append(bar(share, bar_width), style=colors.model if is_model else colors.faint)
                drawn.append(f" {percent(share)} ")
                drawn.append(marker, style=f"bold {colors.model if marker == MODEL else colors.given}")
            if self._counts:
                one = self._counts[index]
                taken = cell_len(drawn.plain.rpartition("\n")[2])
                counts = f"{one.clean:,}{one.decided:>8,}"
                drawn.append(f"{counts:>{self.content_size.width - taken}}")
        return drawn

    def _marker(self, index: int) -> str:
        assert self._item is not None
        name = self._class_names[index]
        is_given, is_model = name == self._item.given, name == self._item.suggestion
        return BOTH if is_given and is_model else GIVEN if is_given else MODEL if is_model else ""
