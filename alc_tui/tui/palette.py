"""The colors of the app, dark and light: neutral grays, because a tinted background affects how images are perceived.
Color is never the only cue: its meaning is also shown as text.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.dom import DOMNode
from textual.theme import Theme


@dataclass(frozen=True)
class Palette:
    """Colors by meaning. key: keys, and neutral bars. given, model: the source of a label. track: the rest of a bar."""

    key: str
    given: str
    model: str
    good: str
    bad: str
    faint: str
    track: str


ON_DARK = Palette("#5fafaf", "#d7af5f", "#87af87", "#87af87", "#ff5f5f", "#949494", "#303030")
ON_LIGHT = Palette("#006868", "#7a5200", "#2d682d", "#2d682d", "#a81c1c", "#5f5f5f", "#d0d0d0")


def _theme(name: str, colors: Palette, text: str, grounds: tuple[str, str, str], dark: bool) -> Theme:
    background, surface, panel = grounds
    return Theme(
        name=name,
        primary=colors.key,
        secondary=colors.faint,
        accent=colors.key,
        success=colors.good,
        warning=colors.given,
        error=colors.bad,
        foreground=text,
        background=background,
        surface=surface,
        panel=panel,
        dark=dark,
    )


DARK = _theme("dark", ON_DARK, "#d0d0d0", ("#121212", "#1c1c1c", "#262626"), dark=True)
LIGHT = _theme("light", ON_LIGHT, "#1c1c1c", ("#f4f4f4", "#eaeaea", "#dedede"), dark=False)
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


def of(node: DOMNode) -> Palette:
    """The palette for the theme of the node's app."""
    return ON_DARK if node.app.current_theme.dark else ON_LIGHT
