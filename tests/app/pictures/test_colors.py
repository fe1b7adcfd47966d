"""The colors of a terminal, and images reduced to them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from rich.color import ColorSystem
from textual.app import App
from textual.color import Color
from textual.filter import ANSIToTruecolor
from textual.strip import Strip

from alc_tui.tui.pictures.colors import XTERM, colors_of, reduce_colors, warning
from alc_tui.tui.pictures.drawing import PreviewMode, draw
from tests.app.pictures.cells import Rgb, noise


def xterm(number: int) -> Rgb:
    """The color behind a number of 16…255, from xterm's own formula."""
    if number >= 232:
        return (8 + 10 * (number - 232),) * 3
    levels = [0 if step == 0 else 55 + 40 * step for step in ((number - 16) // 36, (number - 16) // 6 % 6, number % 6)]
    levels[2] = 0 if (number - 16) % 6 == 0 else 55 + 40 * ((number - 16) % 6)
    return levels[0], levels[1], levels[2]


def test_the_palette_is_that_of_xterm() -> None:
    assert {number: color for color, number in XTERM.items()} == {number: xterm(number) for number in range(16, 256)}


@pytest.mark.parametrize("preview", ["half", "quadrant"])
def test_with_256_colors_exactly_those_of_the_palette_are_sent(preview: str) -> None:
    ramp = Image.linear_gradient("L").resize((200, 200)).convert("RGB")
    for image in (noise(200, 200), ramp):
        picture = draw(image, (20, 10), PreviewMode(preview, "256"))
        to_truecolor = ANSIToTruecolor(App().ansi_theme)
        for line in picture.lines:
            for _, style, _ in line.apply_filter(to_truecolor, Color(0, 0, 0)):
                assert style is not None
                for color, code in ((style.color, "38"), (style.bgcolor, "48")):
                    if color is not None:
                        sent = color.downgrade(ColorSystem.EIGHT_BIT).get_ansi_codes(code == "38")
                        assert sent[:2] == (code, "5")
                        assert xterm(int(sent[2])) == tuple(color.get_truecolor())


def test_dithering_keeps_the_mean_where_the_palette_has_no_such_color() -> None:
    skin = Image.new("RGB", (60, 60), (186, 140, 118))
    dithered = np.asarray(reduce_colors(skin, "256"), dtype=np.float64)
    assert len({tuple(dot) for dot in dithered.reshape(-1, 3)}) > 1
    assert np.abs(dithered.mean((0, 1)) - (186, 140, 118)).max() < 4


def test_truecolor_is_untouched_and_fewer_colors_are_gray() -> None:
    image = noise(20, 20)
    assert reduce_colors(image, "truecolor") is image
    for colors in ("16", "none"):
        pixels = np.asarray(reduce_colors(image, colors))
        assert (pixels == pixels[..., :1]).all()
    assert set(np.unique(np.asarray(reduce_colors(image, "16")))) <= {0, 85, 170, 255}
    picture = draw(image, (20, 10), PreviewMode("half", "16"))
    codes = {Strip.render_ansi(one.style, ColorSystem.STANDARD) for line in picture.lines for one in line if one.style}
    used = {part for code in codes for part in code.split(";")}
    assert used <= {"30", "90", "37", "97", "40", "100", "47", "107"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "dumb"}, "none"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "none"),
    ],
)
def test_colors_are_those_that_textual_detects(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "COLORTERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert colors_of(App()) == expected


def test_experts_are_warned_where_colors_must_not_be_judged() -> None:
    assert warning("truecolor") is None
    assert warning("256") is None
    assert "do not judge colors" in (warning("16") or "")
    assert "do not judge colors" in (warning("none") or "")
