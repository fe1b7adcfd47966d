"""What is sent to copy a text to the clipboard of the terminal."""

from __future__ import annotations

import base64
from typing import Any, cast

import pytest
from textual.app import App

from alc_tui.tui.terminal import clipboard

ADDRESS = "http://127.0.0.1:8080/"
CODE = base64.b64encode(ADDRESS.encode()).decode()


class Wall:
    """An app with a terminal that only takes down what is written to it."""

    is_headless = False
    copy_to_clipboard = App.copy_to_clipboard

    def __init__(self) -> None:
        self.sent: list[str] = []
        self._driver = self

    def write(self, text: str) -> None:
        self.sent.append(text)


def sent(environment: dict[str, str]) -> list[str]:
    wall = Wall()
    clipboard.copy(cast(App[Any], wall), ADDRESS, environment)
    return wall.sent


def test_a_terminal_gets_the_text_once() -> None:
    assert sent({"TERM": "xterm-256color"}) == [f"\x1b]52;c;{CODE}\a"]


@pytest.mark.parametrize("environment", [{"TMUX": "/tmp/tmux-0/default,1,0"}, {"TERM": "tmux-256color"}])
def test_tmux_gets_it_for_itself_and_for_its_terminal(environment: dict[str, str]) -> None:
    assert sent(environment) == [f"\x1b]52;c;{CODE}\a", f"\x1bPtmux;\x1b\x1b]52;c;{CODE}\a\x1b\\"]
