"""The command palette, which closes once, as all screens do."""

from __future__ import annotations

from textual.command import CommandPalette

from alc_tui.tui.app_screen import AppScreen


class Palette(CommandPalette, AppScreen[None]):
    """Lists all commands, see `system_commands.py`."""
