"""The flow from given to decided labels, most frequent first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from alc_tui.text.bars import bar
from alc_tui.text.format import counted, plain, shorten
from alc_tui.tui import palette

_WIDEST_BAR = 40


class LabelFlow(Widget):
    """One row per pair of given label and decision: a class, or skipped, flagged, excluded."""

    def __init__(self, classes: Sequence[str], flow: Mapping[tuple[str, str], int], id: str | None = None) -> None:
        """flow: the count of each (given, decided)."""
        super().__init__(id=id)
        place = {name: index for index, name in enumerate(classes)}
        self._rows = sorted(
            ((given, decided, count) for (given, decided), count in flow.items() if count),
            key=lambda row: (-row[2], place[row[0]], place.get(row[1], len(place))),
        )
        self._class_names = frozenset(classes)

    def render(self) -> Text:
        """The rows, as wide as the widget."""
        drawn = Text(no_wrap=True, overflow="crop")
        if not self._rows:
            return drawn.append("No verdicts yet.")
        changed = sum(count for given, decided, count in self._rows if decided in self._class_names - {given})
        labeled = sum(count for _, decided, count in self._rows if decided in self._class_names)
        aside = sum(count for _, _, count in self._rows) - labeled
        drawn.append(f"{changed:,} of {counted(labeled, 'label')} changed{f', {aside:,} set aside' * (aside > 0)}.\n\n")
        self._append_rows(drawn)
        return drawn

    def _append_rows(self, drawn: Text) -> None:
        colors, width = palette.of(self), self.content_size.width
        longest = max(cell_len(plain(name)) for row in self._rows for name in row[:2])
        name_width = max(4, min(longest, (width - 24) // 2))
        count_width = len(f"{self._rows[0][2]:,}")
        bar_width = max(1, min(_WIDEST_BAR, width - 2 * name_width - count_width - len(" → confirmed   ")))
        for given, decided, count in self._rows:
            is_same = given == decided
            drawn.append(f"{_fit(given, name_width)} → ").append(_fit(decided, name_width))
            drawn.append(" confirmed " if is_same else " " * len(" confirmed "), style=colors.faint)
            drawn.append(f"{count:>{count_width},} ", style="bold")
            drawn.append(
                bar(count / self._rows[0][2], bar_width).rstrip(), style=colors.given if is_same else colors.key
            )
            drawn.append("\n")


def _fit(name: str, width: int) -> str:
    cut = shorten(plain(name), width)
    return cut + " " * (width - cell_len(cut))
