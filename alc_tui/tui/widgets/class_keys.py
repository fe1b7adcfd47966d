"""The keys of the classes and what else decides, on as few lines as they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.widgets import Static

from alc_tui.text.format import plain, shorten
from alc_tui.tui import palette
from alc_tui.tui.keys import display_key

MOST_LINES = 2
_GAP = "  "
_SHORTEST_NAME = 3


class ClassKeys(Static):
    """`1 MEL  2 NV  3 BCC  s skip  f flag`. Names are shortened only where they do not fit. Commands are shown while
    they are active."""

    DEFAULT_CSS = """
    ClassKeys { height: auto; padding: 0 1; }
    """

    def __init__(self, class_of: Mapping[str, str], others: Mapping[str, str]) -> None:
        """class_of: classes by key. others: what other commands do, by their ids."""
        super().__init__(markup=False)
        self._class_of, self._others = dict(class_of), dict(others)

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._fit())

    def on_resize(self, _event: events.Resize) -> None:
        """Distribute the keys over the lines."""
        self._fit()

    def _fit(self) -> None:
        longest = max(map(cell_len, map(plain, self._class_of.values())), default=0)
        for width in range(longest, _SHORTEST_NAME - 1, -1):
            lines = _packed(self._words(width), self.content_size.width)
            if len(lines) <= MOST_LINES:
                break
        style, drawn = f"bold {palette.of(self).key}", Text(no_wrap=True, overflow="crop")
        for number, line in enumerate(lines[:MOST_LINES]):
            drawn.append("\n" * (number > 0))
            for key, word in line:
                drawn.append(key, style).append(f" {word}{_GAP}")
        self.update(drawn)

    def _words(self, width: int) -> list[tuple[str, str]]:
        words = [(key, shorten(plain(name), width)) for key, name in self._class_of.items()]
        keys = {bound.binding.id: bound.binding.key for bound in self.screen.active_bindings.values()}
        words += [(keys[command], word) for command, word in self._others.items() if command in keys]
        return [(display_key(key), word) for key, word in words]


def _packed(words: Sequence[tuple[str, str]], width: int) -> list[list[tuple[str, str]]]:
    """Lines that are at most `width` wide, unless a word alone is wider."""
    lines: list[list[tuple[str, str]]] = []
    free = 0
    for key, word in words:
        needed = cell_len(f"{key} {word}")
        if not lines or free < needed:
            lines.append([])
            free = width
        lines[-1].append((key, word))
        free -= needed + len(_GAP)
    return lines
