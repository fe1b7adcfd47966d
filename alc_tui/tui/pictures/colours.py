"""What colours a terminal can show, and images brought down to them."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, Literal

from PIL import Image
from rich.color import Color, ColorSystem, ColorType
from rich.color_triplet import ColorTriplet
from rich.style import Style
from textual.app import App
from textual.strip import Strip

Colours = Literal["truecolor", "256", "16", "none"]
"""What a terminal shows; "none" also where NO_COLOR asks for no colours."""
Rgb = tuple[int, int, int]

_STEPS = (0, 95, 135, 175, 215, 255)
_CUBE = [(red, green, blue) for red in _STEPS for green in _STEPS for blue in _STEPS]
_GREYS = [(level, level, level) for level in range(8, 239, 10)]
XTERM: dict[Rgb, int] = {rgb: number for number, rgb in enumerate(_CUBE + _GREYS, start=16)}
"""The 240 colours that every 256-colour terminal shows alike, and their numbers; the first 16 are the user's."""
ANSI_GREYS: dict[Rgb, int] = {(0, 0, 0): 0, (85, 85, 85): 8, (170, 170, 170): 7, (255, 255, 255): 15}
"""The greys among the first 16 colours, about as most terminals show them, and their numbers."""

_TELLS = "so judge no colours here"
_WARNINGS: dict[Colours, str] = {
    "16": f"16 colours: images are grey, {_TELLS}; `alc doctor` says more.",
    "none": f"No colours: images are grey, {_TELLS}; `alc doctor` says more.",
}
_SYSTEMS: dict[Colours, ColorSystem] = {
    "truecolor": ColorSystem.TRUECOLOR,
    "256": ColorSystem.EIGHT_BIT,
    "16": ColorSystem.STANDARD,
}


def colours_of(app: App[Any]) -> Colours:
    """What the app's terminal shows, as Textual has found out (TERM, COLORTERM, TEXTUAL_COLOR_SYSTEM, NO_COLOR)."""
    if app.no_color:
        return "none"
    systems: dict[str | None, Colours] = {"truecolor": "truecolor", "256": "256", "standard": "16", "windows": "16"}
    return systems.get(app.console.color_system, "none")


def warning(colours: Colours) -> str | None:
    """A sentence for those who would judge colours where there are none."""
    return _WARNINGS.get(colours)


def reduced(image: Image.Image, colours: Colours) -> Image.Image:
    """The RGB image in colours that the terminal has, dithered by Floyd and Steinberg; untouched in truecolor."""
    if colours == "truecolor":
        return image
    if colours == "256":
        return _dithered(image, tuple(XTERM))
    grey = image.convert("L").convert("RGB")
    return _dithered(grey, tuple(ANSI_GREYS)) if colours == "16" else grey


@lru_cache(maxsize=2**14)
def colour(rgb: Rgb, colours: Colours) -> Color:
    """The colour that is sent for `rgb`, which is one of `reduced`'s.

    It carries its number and its triplet: with a triplet Textual leaves it alone, with a number Rich looks for no
    nearest colour (which it does badly: it would shift greys by a step).
    """
    triplet = ColorTriplet(*rgb)
    if colours == "256":
        return Color("", ColorType.EIGHT_BIT, XTERM[rgb], triplet)
    if colours == "16":
        return Color("", ColorType.STANDARD, ANSI_GREYS[rgb], triplet)
    return Color("", ColorType.TRUECOLOR, None, triplet)


def style(foreground: Rgb | None, background: Rgb | None, colours: Colours) -> Style:
    """A cell's style with its escape sequence made already: whoever paints has less to do."""
    made = Style(
        color=None if foreground is None else colour(foreground, colours),
        bgcolor=None if background is None else colour(background, colours),
    )
    if colours in _SYSTEMS:
        Strip.render_ansi(made, _SYSTEMS[colours])
    return made


def _dithered(image: Image.Image, palette: tuple[Rgb, ...]) -> Image.Image:
    return image.quantize(palette=_palette(palette), dither=Image.Dither.FLOYDSTEINBERG).convert("RGB")


@cache
def _palette(colours: tuple[Rgb, ...]) -> Image.Image:
    holder = Image.new("P", (1, 1))
    padded = [*colours, *[colours[0]] * (256 - len(colours))]
    holder.putpalette([channel for rgb in padded for channel in rgb])
    return holder
