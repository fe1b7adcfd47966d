"""A screen's commands, bound to keys. `alc.toml` changes the key of a command by its id, `screen.command`.

The screens implement the commands.
"""

from __future__ import annotations

from textual.binding import Binding


def footer_command(key: str, action: str, name: str, command: str, tooltip: str, *, priority: bool = False) -> Binding:
    """A command shown in the footer (name) and in the help (tooltip). priority: handled before the focused widget."""
    return Binding(key, action, name, id=command, tooltip=tooltip, priority=priority)


def help_command(key: str, action: str, command: str, tooltip: str) -> Binding:
    """A command shown only in the help, because the footer has little space at 80 columns."""
    return Binding(key, action, id=command, tooltip=tooltip, show=False)


def scroll_commands(screen: str, verb: str = "Scroll") -> list[Binding]:
    """Keys that scroll a screen with its actions `scroll` (rows) and `scroll_page` (pages). verb: what they do."""
    return [
        help_command("up", "scroll(-1)", f"{screen}.up", f"{verb} up."),
        help_command("down", "scroll(1)", f"{screen}.down", f"{verb} down."),
        help_command("pageup", "scroll_page(-1)", f"{screen}.pageup", f"{verb} up one page."),
        help_command("pagedown", "scroll_page(1)", f"{screen}.pagedown", f"{verb} down one page."),
    ]
