"""Why this sample is shown: in words or, on request, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from alc_tui.session.labeling.items import Item
from alc_tui.session.labeling.passes import Showing
from alc_tui.session.labeling.review import Case
from alc_tui.text.format import plain, shorten
from alc_tui.tui import palette
from alc_tui.tui.keys import display_key
from alc_tui.tui.labeling.sample.case_lines import case_lines
from alc_tui.tui.labeling.sample.reason import reason

HIDDEN = "hidden (blind)"
NARROWEST = 32
"""Columns that the evidence has at least."""
_NAME = 7


class EvidencePanel(Widget):
    """A few lines of evidence about a sample."""

    def __init__(self, classes: Sequence[str], class_keys: Sequence[str]) -> None:
        super().__init__()
        self._class_names, self._keys = tuple(classes), tuple(class_keys)
        self._showing: Showing | None = None
        self._case: Case | None = None
        self._hidden = self._has_numbers = False
        self._sample_name = self._near_name = self._window = ""

    def show(self, showing: Showing, hidden: bool, case: Case | None = None) -> None:
        """Show the evidence for a sample. hidden: omit the given label and the suggestion. case: why it is reviewed."""
        self._showing, self._hidden, self._case = showing, hidden, case
        self.refresh()

    def name_sample(self, name: str, near: str = "") -> None:
        """How the sample is called, and its near duplicate if it is reviewed for one."""
        self._sample_name, self._near_name = name, near
        self.refresh()

    def toggle_numbers(self) -> None:
        """Show numbers instead of words, or words again."""
        self._has_numbers = not self._has_numbers
        self.refresh()

    def show_window(self, window: str) -> bool:
        """Show the name of the window in which the image is seen, "" for none; returns whether that is new."""
        is_new, self._window = window != self._window, window
        if is_new:
            self.refresh()
        return is_new

    @property
    def rows(self) -> int:
        """The number of lines, in the narrowest space."""
        return len(self._lines(NARROWEST))

    def render(self) -> Text:
        """The lines, with names cut to fit the width."""
        drawn = Text(no_wrap=True, overflow="ellipsis")
        faint, text = palette.of(self).faint, self.app.theme_variables["foreground"]
        for number, (name, value) in enumerate(self._lines(self.content_size.width)):
            title = f"{name:<{_NAME}}" if name else ""
            drawn.append("\n" * (number > 0)).append(title, style=faint).append(value, style="" if name else text)
        return drawn

    def _lines(self, width: int) -> list[tuple[str, str]]:
        if self._showing is None:
            return []
        item = self._showing.item
        return [
            *self._why(self._showing, width),
            *([("window", shorten(self._window, self._width))] if self._window else []),
            *self._review_lines(),
            *self._case_data(item),
            ("sample", shorten(plain(self._sample_name), self._width)),
        ]

    def _why(self, showing: Showing, width: int) -> list[tuple[str, str]]:
        """Why this sample is shown: in words, or in numbers."""
        if self._hidden:
            return [("given", HIDDEN), ("model", HIDDEN)]
        if self._has_numbers:
            return [*self._label_lines(showing.item), *self._rank(showing)]
        words = wrap(reason(showing.item, self._class_names, showing.sampler), max(width, 1))
        return [("", line) for line in words]

    def _label_lines(self, item: Item) -> list[tuple[str, str]]:
        vog = "" if item.vog_percentile is None else f", VOG {item.vog_percentile:.0f}"
        return [
            ("given", self._label_line(item.given, item)),
            ("model", self._label_line(item.suggestion, item)),
            ("margin", f"{item.margin:.3f}"),
            ("loss", f"percentile {item.loss_percentile:.0f}{vog}"),
        ]

    def _label_line(self, name: str, item: Item) -> str:
        index = self._class_names.index(name)
        key = f" [{display_key(self._keys[index])}]" if self._keys[index] else ""
        probability = f"{key} p {item.probabilities[index]:.3f}"
        return shorten(plain(name), self._width - cell_len(probability)) + probability

    def _review_lines(self) -> list[tuple[str, str]]:
        case, lines = self._case, list[tuple[str, str]]()
        if case is None:
            return lines
        if case.verdict is not None:
            so_far = f"{case.verdict.answer} by {case.verdict.annotator}"
            lines.append(("so far", shorten(plain(so_far), self._width)))
        if case.near_duplicate is not None:
            near = case.near_duplicate
            if near.is_held_out:
                same = f"the same seems to be in {near.split}: {self._near_name}"
                lines.append(("but", shorten(plain(same), self._width)))
            if near.differs:
                lines.append(("but", shorten(plain(f"{near.label} is the label of {self._near_name}"), self._width)))
        if case.dissenter:
            share = "" if case.share is None else f" at {case.share:.2f}"
            lines.append(("but", shorten(plain(f"{case.dissenter} says {case.other}{share}"), self._width)))
        return lines

    def _case_data(self, item: Item) -> list[tuple[str, str]]:
        lines = case_lines(item.facts_shown(self._hidden), self._width)
        return [("case" if number == 0 else " ", line) for number, line in enumerate(lines)]

    def _rank(self, showing: Showing) -> list[tuple[str, str]]:
        item = showing.item
        if item.place is None or showing.ranked is None:
            return []
        score = "" if item.score is None else f" ({item.score:.3f})"
        return [("rank", f"{item.place + 1:,} of {showing.ranked:,} by {showing.sampler}{score}")]

    @property
    def _width(self) -> int:
        return max(0, self.content_size.width - _NAME)
