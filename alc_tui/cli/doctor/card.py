"""The test card: patterns for visual inspection, drawn in the colors that the app would use."""

from __future__ import annotations

import colorsys
from io import StringIO

from rich.color import Color, ColorSystem
from rich.console import COLOR_SYSTEMS, Console
from rich.style import Style
from rich.text import Text

RAMP = 64
"""Cells from dark to light."""
RADIUS = 7
"""Of the circle, in half-blocks."""
_EXPLANATIONS = (
    ("", "The circle should be round; if not, cells are not 1:2."),
    ("", ""),
    ("▀▄▀▄▀▄▀▄", "Even squares, no gaps between rows; if not,"),
    ("▀▄▀▄▀▄▀▄", "the font or line spacing separates the blocks."),
    ("▚▚▚▚▚▚▚▚", "A finer checkerboard (quadrants)."),
    ("▏▎▍▌▋▊▉█", "Bars growing to the right; below, growing upward."),
    ("▁▂▃▄▅▆▇█", "Boxes or ? mean the font lacks these characters."),
    ("▘▝▖▗▛▜▙▟", "One quadrant each, then three quadrants each."),
)
"""Patterns and what they should look like, shown line by line next to the circle."""


def card(system: str | None) -> str:
    """The card with control sequences for its colors. system: Rich's color system; None omits the ramps."""
    console = Console(
        file=StringIO(), color_system=system, force_terminal=True, legacy_windows=False, width=80, _environ={}  # type: ignore[arg-type]
    )  # fmt: skip
    lines = [Text("Test card")]
    if system is None:
        lines.append(Text("No colors available, so no color ramps."))
    else:
        hues = {"gray": None, "red": 0.0, "green": 1 / 3, "blue": 2 / 3}
        lines += [_ramp(name, hue, COLOR_SYSTEMS[system]) for name, hue in hues.items()]
        lines.append(Text("      Each ramp should be smooth: visible steps mean 256 colors or fewer."))
    lines += [Text(), *_shapes()]
    with console.capture() as drawn:
        for line in lines:
            console.print(line, no_wrap=True, highlight=False)
    return drawn.get().rstrip("\n")


def _ramp(name: str, hue: float | None, system: ColorSystem) -> Text:
    """From black to the full color; each cell shows two steps. Without a hue: gray."""
    line = Text(f"{name:<6}")
    for cell in range(RAMP):
        left, right = (_shade(hue, (2 * cell + half) / (2 * RAMP - 1)).downgrade(system) for half in (0, 1))
        line.append("▌", Style(color=left, bgcolor=right))
    return line


def _shade(hue: float | None, value: float) -> Color:
    parts = colorsys.hsv_to_rgb(hue or 0.0, 0.0 if hue is None else 1.0, value)
    return Color.from_rgb(*(round(255 * part) for part in parts))


def _shapes() -> list[Text]:
    """The circle in half-blocks with the explanations beside it."""
    blocks = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
    size = 2 * RADIUS + 2

    def is_inside(column: int, row: int) -> bool:
        center = (size - 1) / 2
        return (RADIUS - 1) ** 2 <= (column - center) ** 2 + (row - center) ** 2 <= (RADIUS + 0.5) ** 2

    rows = [
        "".join(blocks[is_inside(column, row), is_inside(column, row + 1)] for column in range(size))
        for row in range(0, size, 2)
    ]
    return [
        Text(f"{row}  {pattern + '  ' if pattern else ''}{explanation}".rstrip())
        for row, (pattern, explanation) in zip(rows, _EXPLANATIONS, strict=True)
    ]
