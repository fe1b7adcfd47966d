"""The commands of the command palette: all that the screen below it can do, then those of the app."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.screen import Screen

from alc_tui.tui.keys import display_key
from alc_tui.tui.palette import THEMES


def screen_commands(screen: Screen[Any]) -> Iterable[SystemCommand]:
    """The active commands of a screen, named by what they do, with their keys; without those of the whole app."""
    keys: dict[str, list[str]] = {}
    actions: dict[str, str] = {}
    for bound in screen.active_bindings.values():
        binding = bound.binding
        if bound.node is screen and binding.id and not binding.action.startswith("app."):
            meaning = (binding.tooltip or binding.description).rstrip(".")
            keys.setdefault(meaning, []).append(display_key(binding.key))
            actions.setdefault(meaning, binding.action)
    for meaning, action in actions.items():
        yield SystemCommand(meaning, f"key {' '.join(keys[meaning])}", partial(_run, screen, action))


def app_commands(app: App[Any], has_session: bool) -> Iterable[SystemCommand]:
    """The commands of the app. has_session: whether a session is open."""
    if has_session:
        yield SystemCommand("Label", "the next undecided sample, or the current step of the session", _of(app, "label"))
        yield SystemCommand("Grid", "the queue of this round as thumbnails", _of(app, "grid"))
        yield SystemCommand("Review", "samples that deserve a second look", _of(app, "review"))
        yield SystemCommand("Progress", "scores, confusion matrix, label flow, ledger", _of(app, "progress"))
        yield SystemCommand("Guideline", "what each class looks like", _of(app, "guideline"))
        yield SystemCommand("Viewer", "the original at full resolution in a browser", _of(app, "viewer"))
    yield SystemCommand("Sessions", "all sessions in the store", _of(app, "sessions"))
    yield SystemCommand("Help", "the keys of this screen, the classes, the words", _of(app, "help"))
    for name in THEMES:
        yield SystemCommand(f"Theme: {name}", f"the {name} theme", partial(setattr, app, "theme", name))
    yield SystemCommand("Quit", "training continues in the background", _of(app, "quit"))


async def _run(screen: Screen[Any], action: str) -> None:
    """Run a command of a screen that the palette has covered."""
    if hasattr(screen, "choose_command"):
        screen.choose_command()
    await screen.run_action(action)


def _of(app: App[Any], name: str) -> partial[Any]:
    return partial(app.run_action, name)
