"""A screen's commands, as they are bound to keys: by `screen.command`, the id under which `alc.toml` may change a key.

What they do is the screen's.
"""

from __future__ import annotations

from textual.binding import Binding


def footer_command(key: str, action: str, name: str, command: str, tooltip: str, *, priority: bool = False) -> Binding:
    """In the footer by its name, in the help by its tooltip. priority: before the widget in focus gets the key."""
    return Binding(key, action, name, id=command, tooltip=tooltip, priority=priority)


def help_command(key: str, action: str, command: str, tooltip: str) -> Binding:
    """Not in the footer, which 80 columns soon fill, but in the help."""
    return Binding(key, action, id=command, tooltip=tooltip, show=False)
