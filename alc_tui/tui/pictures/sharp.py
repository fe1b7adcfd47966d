"""Sharp pictures by textual-image, an extra: Kitty's graphics and sixels, for terminals that have them.

textual-image asks the terminal what it can do and how large its cells are, as soon as it is imported; the answer, late
on a slow line, would be read as keys. So it is only let near a standard output that is no terminal: then it asks
nothing, and what it writes for the terminal is kept, to go through the one writer of the app.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from io import StringIO
from math import ceil
from threading import Lock

from PIL import Image
from rich.console import Console
from rich.segment import Segment
from textual.strip import Strip

from alc_tui.errors import UsageError
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.picture import Picture

SHARP = ("kitty", "sixel")
USUAL_CELL = (10, 20)
"""Pixels of a cell where the terminal reports none."""

_one_at_a_time = Lock()


def check(preview: str) -> None:
    """Raise UsageError unless the extra is installed."""
    if find_spec("textual_image") is None:
        raise UsageError(f"--preview {preview} needs an extra: pip install '.[sharp]', or take --preview quadrant.")


def kitty(image: Image.Image, cell: Size) -> Picture:
    """An RGB image, one pixel a pixel, that the terminal keeps and shows in the cells of the picture."""
    columns, rows = _cells(image.size, cell)
    canvas = Image.new("RGBA", (columns * cell[0], rows * cell[1]))
    canvas.paste(image)
    with _kept_from_the_terminal() as written:
        from textual_image import _terminal
        from textual_image.renderable.tgp import Image as Kitty

        vars(_terminal.get_cell_size)["_result"] = _terminal.CellSize(*cell)
        drawn = Kitty(canvas, columns, rows)
        console = Console(file=StringIO(), width=columns, height=rows)
        placed = list(drawn.__rich_console__(console, console.options))
        sent = written.getvalue()
    lines = tuple(
        Strip([Segment(one.text.rstrip("\n"), one.style)], columns) for one in placed if isinstance(one, Segment)
    )
    freed = f"\x1b_Ga=d,d=I,i={drawn.terminal_image_id},q=2\x1b\\"
    return Picture(lines, columns, readable=True, bare=frozenset(range(rows)), before=sent, after=freed)


def sixel(image: Image.Image, cell: Size) -> Picture:
    """An RGB image, one pixel a pixel, that paints itself over the empty cells of the picture."""
    from textual_image._sixel import image_to_sixels

    columns, rows = _cells(image.size, cell)
    lines = tuple(Strip([Segment(" " * columns)], columns) for _ in range(rows))
    return Picture(lines, columns, readable=True, bare=frozenset(range(rows)), over=image_to_sixels(image))


def _cells(size: Size, cell: Size) -> Size:
    return ceil(size[0] / cell[0]), ceil(size[1] / cell[1])


@contextmanager
def _kept_from_the_terminal() -> Iterator[StringIO]:
    with _one_at_a_time:
        output, written = sys.__stdout__, StringIO()
        sys.__stdout__ = written  # type: ignore[misc, assignment]
        try:
            yield written
        finally:
            sys.__stdout__ = output  # type: ignore[misc]
