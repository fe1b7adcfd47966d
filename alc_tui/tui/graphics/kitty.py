"""Kitty's graphics protocol: the terminal stores the image and stretches it over a block of cells.

Source: https://sw.kovidgoyal.net/kitty/graphics-protocol/
"""

from __future__ import annotations

from base64 import b64encode
from secrets import randbelow

from rich.color import Color, ColorType
from rich.segment import Segment
from rich.style import Style

from alc_tui.tui.graphics.diacritics import DIACRITICS
from alc_tui.tui.graphics.graphic import Graphic, Size

CHUNK = 4096
"""The longest piece of base64 in one sequence."""
BELOW_CELLS = -(2**30) - 1
"""The layer below all cells whose background is not the default one."""
PLACEHOLDER = "\U0010eeee"
MOST_CELLS = len(DIACRITICS)
"""The most columns or rows that placeholders can number."""

_QUIET = "q=2"
"""The terminal answers neither success nor failure."""


def new_id() -> int:
    """A random image id, since all programs in a window share them; its low byte is a color number, never 0."""
    return randbelow(255) << 24 | 1 + randbelow(255)


def placed(png: bytes, cells: Size, number: int) -> Graphic:
    """The image where the cursor is, which stays there."""
    place = f"a=p,i={number},{_block(cells)},p=1,C=1,"
    return Graphic(
        cells,
        _transmission(png, cells, number, "p=1,C=1"),
        _removal(number),
        lower=f"\x1b_G{place}z={BELOW_CELLS},{_QUIET}\x1b\\",
        lift=f"\x1b_G{place}{_QUIET}\x1b\\",
    )


def virtual(png: bytes, cells: Size, number: int) -> Graphic:
    """The image for `placeholders`: it appears wherever they are, even if a multiplexer moves them."""
    return Graphic(cells, _transmission(png, cells, number, "U=1"), _removal(number))


def placeholders(cells: Size, number: int) -> list[list[Segment]]:
    """Rows of cells that show the parts of the image `number` (kitty from 0.28, ghostty).

    The color gives the low byte of the number, the third diacritic the high one; those between are 0. Colors from the
    palette of 256 survive every multiplexer; each comes with a triplet, so that Textual keeps it.
    """
    low, high = number & 0xFF, number >> 24
    style = Style(color=Color("", ColorType.EIGHT_BIT, low, Color.from_ansi(low).get_truecolor()))
    rows, columns = DIACRITICS[: cells[1]], DIACRITICS[: cells[0]]
    return [[Segment(PLACEHOLDER + row + column + DIACRITICS[high], style) for column in columns] for row in rows]


def _transmission(png: bytes, cells: Size, number: int, placement: str) -> tuple[str, ...]:
    data = b64encode(png).decode()
    pieces = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    controls = f"a=T,f=100,i={number},{_block(cells)},{placement},"
    return tuple(
        f"\x1b_G{'' if place else controls}{_QUIET},m={int(place < len(pieces) - 1)};{piece}\x1b\\"
        for place, piece in enumerate(pieces)
    )


def _block(cells: Size) -> str:
    return f"c={cells[0]},r={cells[1]}"


def _removal(number: int) -> str:
    return f"\x1b_Ga=d,d=I,i={number},{_QUIET}\x1b\\"
