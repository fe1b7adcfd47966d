"""Calls somebody back to the terminal: by its bell, or by a notification of the desktop that it passes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import App

from alc_tui.text.format import plain
from alc_tui.tui.terminal import output, tmux

OFF, BELL, OSC9, OSC777 = "off", "bell", "osc9", "osc777"
MANNERS = {
    BELL: "the bell",
    OSC9: "a notification by OSC 9 (iTerm2, kitty, WezTerm, Ghostty, Windows Terminal)",
    OSC777: "a notification by OSC 777 (foot, urxvt, VTE of some distributions)",
    OFF: "nothing",
}
"""How somebody is called, each with its meaning."""


def call_back(app: App[Any], manner: str, text: str, environment: Mapping[str, str]) -> None:
    """Call somebody. text: what has happened. environment: tells whether tmux or GNU Screen is in between."""
    output.write(app, sequence(manner, text, environment))


def sequence(manner: str, text: str, environment: Mapping[str, str]) -> str:
    """What the terminal is sent. A multiplexer passes notifications on at most, so that its bell rings, too."""
    safe = plain(text).replace(";", ",")
    message = {OSC9: f"\x1b]9;{safe}\x07", OSC777: f"\x1b]777;notify;alc;{safe}\x07", BELL: "\x07"}.get(manner, "")
    if manner not in (OSC9, OSC777):
        return message
    if tmux.is_inside(environment):
        return tmux.wrap(message) + "\x07"
    if environment.get("STY"):
        return "\x07"
    return message
