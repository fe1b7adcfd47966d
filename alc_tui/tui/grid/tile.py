"""A thumbnail's texts: its number, its state and its labels, and the edge that shows its group."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from alc_tui.text.format import plain, shorten
from alc_tui.tui.palette import Palette

CURSOR, MARK = "▌", "●"
BECOMES, OR, SEEN_AS = " → ", " or ", " as "
"""Between two labels: the second one is what became of the first, what it may be instead, or what it was taken for."""
_EDGES = ("│", "┊")
_OWN_EDGE = "┃"


@dataclass(frozen=True)
class Tile:
    """A thumbnail: the image at `position`, or its `name` if it cannot be shown, with `number` and `state` below.

    color: name of the state's color in the palette. labels: two labels, with `link` between them; None for hidden ones.
    group: the number of its group, None without groups; is_beside: the cursor is in that group. short_state: instead of
    a state that does not fit, which is cut if this is empty.
    """

    position: int
    name: str
    number: int
    state: str
    color: str
    labels: tuple[str, str] | None = None
    link: str = BECOMES
    is_marked: bool = False
    group: int | None = None
    is_beside: bool = False
    short_state: str = ""

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
        free = width - len(start)
        state = shorten(self.state if cell_len(self.state) <= free else self.short_state or self.state, free)
        colored = style if is_here else style + Style(color=getattr(colors, self.color))
        rest = " " * (width - len(start) - cell_len(state))
        return Strip([Segment(start, style), Segment(state, colored), Segment(rest, style)])

    def label_line(self, width: int, ground: Style, colors: Palette) -> Strip:
        """Both labels, of which the second stands out; or one, if they are the same."""
        if self.labels is None:
            return Strip.blank(width, ground)
        faint, (one, other) = ground + Style(color=colors.faint), map(plain, self.labels)
        if self.labels[0] == self.labels[1]:
            return Strip([Segment(set_cell_size(shorten(one, width), width), faint)])
        one, other = _fitted(one, other, width - len(self.link))
        stands_out = ground + Style(color=colors.given if self.link == BECOMES else colors.model, bold=True)
        rest = " " * (width - len(self.link) - cell_len(one) - cell_len(other))
        return Strip([Segment(one + self.link, faint), Segment(other, stands_out), Segment(rest, ground)])


def _fitted(one: str, other: str, width: int) -> tuple[str, str]:
    """Both names in this width, the longer one shortened first."""
    half = width // 2
    first = max(half, width - cell_len(other))
    one = shorten(one, first)
    return one, shorten(other, width - cell_len(one))
