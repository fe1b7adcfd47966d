"""The colors that a terminal supports, and reducing images to them."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image
from rich.color import Color, ColorSystem, ColorType
from rich.color_triplet import ColorTriplet
from rich.style import Style

if TYPE_CHECKING:
    from textual.app import App

Colors = Literal["truecolor", "256", "16", "none"]
"""The colors of a terminal; "none" also where NO_COLOR is set."""
Rgb = tuple[int, int, int]

_STEPS = (0, 95, 135, 175, 215, 255)
_CUBE = [(red, green, blue) for red in _STEPS for green in _STEPS for blue in _STEPS]
_GRAYS = [(level, level, level) for level in range(8, 239, 10)]
XTERM: dict[Rgb, int] = {rgb: number for number, rgb in enumerate(_CUBE + _GRAYS, start=16)}
"""The 240 colors that are the same on every 256-color terminal, and their numbers; users may redefine the first 16."""
ANSI_GRAYS: dict[Rgb, int] = {(0, 0, 0): 0, (85, 85, 85): 8, (170, 170, 170): 7, (255, 255, 255): 15}
"""The grays among the first 16 colors, with their approximate values on most terminals, and their numbers."""

_WARNINGS: dict[Colors, str] = {
    "16": "16 colors: images are shown in grayscale, so do not judge colors; see `alc doctor`.",
    "none": "No colors: images are shown in grayscale, so do not judge colors; see `alc doctor`.",
}
SYSTEMS: dict[Colors, ColorSystem] = {
    "truecolor": ColorSystem.TRUECOLOR,
    "256": ColorSystem.EIGHT_BIT,
    "16": ColorSystem.STANDARD,
}
"""Rich's names for them."""


def colors_of(app: App[Any]) -> Colors:
    """The colors of the app's terminal, as detected by Textual (TERM, COLORTERM, TEXTUAL_COLOR_SYSTEM, NO_COLOR)."""
    if app.no_color:
        return "none"
    systems: dict[str | None, Colors] = {"truecolor": "truecolor", "256": "256", "standard": "16", "windows": "16"}
    return systems.get(app.console.color_system, "none")


def warning(colors: Colors) -> str | None:
    """A warning if images are shown in grayscale, else None."""
    return _WARNINGS.get(colors)


def reduce_colors(image: Image.Image, colors: Colors) -> Image.Image:
    """The RGB image in colors that the terminal has, dithered (Floyd–Steinberg); unchanged in truecolor."""
    if colors == "truecolor":
        return image
    if colors == "256":
        return _dithered(image, tuple(XTERM))
    gray = image.convert("L").convert("RGB")
    return _dithered(gray, tuple(ANSI_GRAYS)) if colors == "16" else gray


@lru_cache(maxsize=2**14)
def color(rgb: Rgb, colors: Colors) -> Color:
    """The color that is sent for `rgb`, one of the colors that `reduce_colors` returns.

    It includes its triplet, so that Textual does not convert it, and its number, so that Rich does not search for the
    nearest color (which would shift grays by one step).
    """
    triplet = ColorTriplet(*rgb)
    if colors == "256":
        return Color("", ColorType.EIGHT_BIT, XTERM[rgb], triplet)
    if colors == "16":
        return Color("", ColorType.STANDARD, ANSI_GRAYS[rgb], triplet)
    return Color("", ColorType.TRUECOLOR, None, triplet)


def cell_style(foreground: Rgb | None, background: Rgb | None, colors: Colors) -> Style:
    """A cell's style."""
    return Style(
        color=None if foreground is None else color(foreground, colors),
        bgcolor=None if background is None else color(background, colors),
    )


def _dithered(image: Image.Image, palette: tuple[Rgb, ...]) -> Image.Image:
    return image.quantize(palette=_palette(palette), dither=Image.Dither.FLOYDSTEINBERG).convert("RGB")


@cache
def _palette(colors: tuple[Rgb, ...]) -> Image.Image:
    holder = Image.new("P", (1, 1))
    padded = [*colors, *[colors[0]] * (256 - len(colors))]
    holder.putpalette([channel for rgb in padded for channel in rgb])
    return holder
