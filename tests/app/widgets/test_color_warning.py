"""Whoever sees images in gray is told so, and nobody else."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from alc_tui.tui.pictures.display import Display
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.widgets.color_warning import ColorWarning
from tests.app.viewer import Images


class Desk(App[None]):
    def __init__(self, display: Display) -> None:
        super().__init__()
        self.painter = Painter(Images, display)

    def compose(self) -> ComposeResult:
        yield ColorWarning(self.painter)


async def test_with_16_colors_blocks_are_gray_and_graphics_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("COLORTERM", raising=False)
    display = Display("half")
    async with Desk(display).run_test() as pilot:
        warning = pilot.app.query_one(ColorWarning)
        assert warning.display and "do not judge colors" in str(warning.render())
        display.preview = "sixel"
        warning.adapt()
        assert not warning.display
        display.preview = "quadrant"
        warning.adapt()
        assert warning.display


async def test_with_all_colors_there_is_no_warning() -> None:
    async with Desk(Display("half")).run_test() as pilot:
        assert not pilot.app.query_one(ColorWarning).display
