"""Copies text to the clipboard of the terminal, also of the one beyond tmux."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from textual.app import App

from alc_tui.tui.terminal import output, tmux


def copy(app: App[Any], text: str, environment: Mapping[str, str]) -> None:
    """Copy a text. environment: tells whether tmux is in between, which hands on only what is wrapped for it, unless
    its option set-clipboard is on."""
    app.copy_to_clipboard(text)
    output.write(app, passed_on(text, environment))


def passed_on(text: str, environment: Mapping[str, str]) -> str:
    """What tmux hands on to its terminal (OSC 52); empty without tmux."""
    if not tmux.is_inside(environment):
        return ""
    return tmux.wrap(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07")
