"""A thumbnail's texts: its number, its state and its labels, and the edge that shows its group."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from alc_tui.text.format import plain, shorten
from alc_tui.tui.palette import Palette

CURSOR, MARK, ARROW = "▌", "●", " → "
_EDGES = ("│", "┊")
_OWN_EDGE = "┃"


@dataclass(frozen=True)
class Tile:
    """A thumbnail: the image at `position`, or its `name` if it cannot be shown, with `number` and `state` below.

    color: name of the state's color in the palette. labels: two labels, of which the second follows from the first;
    None for hidden ones. group: the number of its group, None without groups; is_beside: the cursor is in that group.
    """

    position: int
    name: str
    number: int
    state: str
    color: str
    labels: tuple[str, str] | None = None
    is_marked: bool = False
    group: int | None = None
    is_beside: bool = False

    def edge(self, is_here: bool, ground: Style, colors: Palette) -> Segment:
        """The column beside the image. is_here: the cursor is on this tile."""
        if is_here:
            return Segment(CURSOR, ground + Style(color=colors.key))
        if self.group is None:
            return Segment(" ", ground)
        if self.is_beside:
            return Segment(_OWN_EDGE, ground + Style(color=colors.key))
        return Segment(_EDGES[self.group % len(_EDGES)], ground + Style(color=colors.faint))

    def caption(self, width: int, is_here: bool, ground: Style, colors: Palette) -> Strip:
        """The mark, the number and the state; reversed under the cursor."""
        style = ground + Style(reverse=is_here, bold=self.is_marked)
        start = f"{MARK if self.is_marked else ' '}{self.number} "
        state = shorten(self.state, width - len(start))
        colored = style if is_here else style + Style(color=getattr(colors, self.color))
        rest = " " * (width - len(start) - cell_len(state))
        return Strip([Segment(start, style), Segment(state, colored), Segment(rest, style)])

    def label_line(self, width: int, ground: Style, colors: Palette) -> Strip:
        """`given → suggested`; the second one stands out where they differ."""
        if self.labels is None:
            return Strip.blank(width, ground)
        one, other = _fitted(plain(self.labels[0]), plain(self.labels[1]), width - len(ARROW))
        faint = ground + Style(color=colors.faint)
        stands_out = ground + Style(color=colors.model, bold=True)
        rest = " " * (width - len(ARROW) - cell_len(one) - cell_len(other))
        last = faint if self.labels[0] == self.labels[1] else stands_out
        return Strip([Segment(one + ARROW, faint), Segment(other, last), Segment(rest, ground)])


def _fitted(one: str, other: str, width: int) -> tuple[str, str]:
    """Both names in this width, the longer one shortened first."""
    half = width // 2
    first = max(half, width - cell_len(other))
    one = shorten(one, first)
    return one, shorten(other, width - cell_len(one))
