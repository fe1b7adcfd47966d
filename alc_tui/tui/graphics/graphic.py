"""A graphic: an image as the escape sequences that make a terminal draw it."""

from __future__ import annotations

from dataclasses import dataclass

KITTY, SIXEL, ITERM2 = "kitty", "sixel", "iterm2"
PROTOCOLS = (KITTY, SIXEL, ITERM2)
"""The graphics protocols. None of them is ever negotiated: nothing here makes a terminal answer."""

Size = tuple[int, int]
"""Columns and rows, or width and height."""


@dataclass(frozen=True)
class Graphic:
    """cells: the columns and rows that it covers.

    show: the sequences that draw it from the cursor on. remove: deletes it from the terminal; empty if it disappears
    where text is written over it. lower, lift: put it, from the cursor on, below all cells that have a background, or
    above them again; empty if it takes no notice of cells.
    """

    cells: Size
    show: tuple[str, ...]
    remove: str = ""
    lower: str = ""
    lift: str = ""

    @property
    def byte_count(self) -> int:
        """The bytes that it takes to draw it, all of them ASCII."""
        return sum(map(len, self.show))
