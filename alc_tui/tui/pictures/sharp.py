"""Sharp pictures with textual-image (an optional extra): Kitty's graphics and sixels, for terminals that support them.

On import, textual-image queries the terminal for its features and cell size. On a slow connection, the answers arrive
late and would be read as keys. Therefore, it is imported and used only while standard output is not a terminal: then it
sends no queries, and its output is captured and written by the app, the only writer to the terminal.
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
DEFAULT_CELL = (10, 20)
"""Width and height of a cell in pixels where the terminal does not report them."""

_capture_lock = Lock()


def check(preview: str) -> None:
    """Raise UsageError unless the extra is installed."""
    if find_spec("textual_image") is None:
        raise UsageError(
            f"--preview {preview} needs textual-image; run pip install '.[sharp]' or use --preview quadrant."
        )


def kitty(image: Image.Image, cell: Size) -> Picture:
    """An RGB image, pixel for pixel, that the terminal stores and shows in the cells of the picture."""
    columns, rows = _cells(image.size, cell)
    canvas = Image.new("RGBA", (columns * cell[0], rows * cell[1]))
    canvas.paste(image)
    with _captured_output() as captured:
        # Private parts of textual-image: the size of a cell has no public setting, and would otherwise be asked of the
        # terminal; a renderable writes the image only when it is rendered.
        from textual_image import _terminal
        from textual_image.renderable.tgp import Image as Kitty

        vars(_terminal.get_cell_size)["_result"] = _terminal.CellSize(*cell)
        renderable = Kitty(canvas, columns, rows)
        console = Console(file=StringIO(), width=columns, height=rows)
        placed = list(renderable.__rich_console__(console, console.options))
        transmission = captured.getvalue()
    lines = tuple(
        Strip([Segment(one.text.rstrip("\n"), one.style)], columns) for one in placed if isinstance(one, Segment)
    )
    removal = f"\x1b_Ga=d,d=I,i={renderable.terminal_image_id},q=2\x1b\\"
    return Picture(
        lines, columns, readable=True, transparent_lines=frozenset(range(rows)), before=transmission, after=removal
    )


def sixel(image: Image.Image, cell: Size) -> Picture:
    """An RGB image, pixel for pixel, that paints itself over the empty cells of the picture."""
    # A private function of textual-image: nothing public returns a sixel sequence by itself.
    from textual_image._sixel import image_to_sixels

    columns, rows = _cells(image.size, cell)
    lines = tuple(Strip([Segment(" " * columns)], columns) for _ in range(rows))
    return Picture(lines, columns, readable=True, transparent_lines=frozenset(range(rows)), over=image_to_sixels(image))


def _cells(size: Size, cell: Size) -> Size:
    return ceil(size[0] / cell[0]), ceil(size[1] / cell[1])


@contextmanager
def _captured_output() -> Iterator[StringIO]:
    with _capture_lock:
        output, captured = sys.__stdout__, StringIO()
        sys.__stdout__ = captured  # type: ignore[misc, assignment]
        try:
            yield captured
        finally:
            sys.__stdout__ = output  # type: ignore[misc]
