"""A screen's commands, bound to keys. `alc.toml` changes the key of a command by its id, `screen.command`.

What the commands do is up to the screens.
"""

from __future__ import annotations

from textual.binding import Binding


def footer_command(key: str, action: str, name: str, command: str, tooltip: str, *, priority: bool = False) -> Binding:
    """In the footer by its name, in the help by its tooltip. priority: takes the key before the focused widget does."""
    return Binding(key, action, name, id=command, tooltip=tooltip, priority=priority)


def help_command(key: str, action: str, command: str, tooltip: str) -> Binding:
    """In the help only: 80 columns leave little room in the footer."""
    return Binding(key, action, id=command, tooltip=tooltip, show=False)


def scroll_commands(screen: str) -> list[Binding]:
    """Keys that scroll a screen, for its actions `scroll` by rows and `scroll_page` by pages."""
    return [
        help_command("up", "scroll(-1)", f"{screen}.up", "Scroll up."),
        help_command("down", "scroll(1)", f"{screen}.down", "Scroll down."),
        help_command("pageup", "scroll_page(-1)", f"{screen}.pageup", "Scroll up one page."),
        help_command("pagedown", "scroll_page(1)", f"{screen}.pagedown", "Scroll down one page."),
    ]
