"""What keys mean on every screen: class keys are verdicts or nothing; h, j, k and l are arrows where they are free."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from textual import events
from textual.screen import Screen
from textual.widgets import Input

from alc_tui.tui.widgets.status_line import StatusLine

ARROWS = {"h": "left", "j": "down", "k": "up", "l": "right"}
NO_VERDICT_HERE = "Class keys label images on the labeling screen and in the grid only."


def free_arrows(screen: Screen[Any], class_keys: Collection[str]) -> dict[str, str]:
    """The letters that stand for arrow keys on a screen: those that are the keys of no class and no command, if the
    arrow key is one of a command."""
    bound = screen.active_bindings
    return {
        letter: arrow
        for letter, arrow in ARROWS.items()
        if letter not in class_keys and letter not in bound and arrow in bound
    }


def translated(event: events.Key, screen: Screen[Any], class_keys: Collection[str]) -> events.Key | None:
    """The key as the screen shall take it; None if it is a class key on a screen without verdicts, which says so."""
    if getattr(screen, "TAKES_TEXT", False) or isinstance(screen.focused, Input):
        return event
    if event.key in class_keys and getattr(screen, "REFUSES_CLASS_KEYS", False):
        screen.query_one(StatusLine).refuse(NO_VERDICT_HERE)
        return None
    if event.key not in ARROWS or (arrow := free_arrows(screen, class_keys).get(event.key)) is None:
        return event
    key = events.Key(arrow, None)
    key.time = event.time
    return key


def letters_of(arrows: Mapping[str, str], key: str) -> list[str]:
    """The letters that stand for a key. arrows: see `free_arrows`."""
    return [letter for letter, arrow in arrows.items() if arrow == key]
