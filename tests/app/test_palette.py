"""Colors that can be read: the contrast of every text with every ground, by the formula of WCAG 2.1."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from textual.theme import Theme

from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.palette import DARK, LIGHT, ON_DARK, ON_LIGHT, Palette
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.widgets.preview import Preview
from tests.app.person import Sit

ENOUGH = 4.5
"""WCAG 2.1, success criterion 1.4.3, for text of ordinary size."""
THEMES = [(DARK, ON_DARK), (LIGHT, ON_LIGHT)]


def luminance(color: str) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(color[place : place + 2], 16)) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_formula_gives_the_figures_that_are_known() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize(("theme", "colors"), THEMES, ids=["dark", "light"])
def test_every_color_of_text_can_be_read_on_every_ground(theme: Theme, colors: Palette) -> None:
    texts = {**asdict(colors), "foreground": str(theme.foreground)}
    del texts["track"]
    for ground in ("background", "surface", "panel"):
        for name, color in texts.items():
            assert contrast(color, getattr(theme, ground)) >= ENOUGH, f"{name} on {ground}"


@pytest.mark.parametrize(("theme", "colors"), THEMES, ids=["dark", "light"])
def test_the_surround_of_an_image_is_gray(theme: Theme, colors: Palette) -> None:
    for ground in (theme.background, theme.surface, theme.panel, colors.track):
        assert ground is not None
        assert ground[1:3] == ground[3:5] == ground[5:7]


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_the_labeling_screen_is_legible(session: SessionFolder, sit: Sit, theme: str) -> None:
    async with sit(session, (100, 30), Preferences(theme=theme)) as person:
        await person.presses("1")
        await person.looks()
        image = person.app.screen.query_one(Preview).region
        seen = 0
        for y, line in enumerate(person.app.screen._compositor.render_strips()):
            x = 0
            for segment in line:
                style, text = segment.style, segment.text.strip()
                is_text = any(character.isalnum() for character in text)
                if is_text and style and style.color and style.bgcolor and not image.contains(x, y):
                    pair = [c.triplet.hex for c in (style.color, style.bgcolor) if c.triplet]
                    assert contrast(*pair) >= ENOUGH, f"{text!r}: {pair}"
                    seen += 1
                x += len(segment.text)
        assert seen > 20
