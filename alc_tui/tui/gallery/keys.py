"""The keys of the gallery, with their footer and help texts."""

from __future__ import annotations

from textual.binding import BindingType

from alc_tui.tui.commands import footer_command, help_command
from alc_tui.tui.grid.browsing import browse_commands

KEYS: list[BindingType] = [
    footer_command("enter", "look", "Enlarge", "gallery.look", "Enlarge the image, or show all again."),
    *browse_commands("gallery"),
    footer_command(
        "M", "more_of_these", "More of these", "gallery.focus", "More of this class in later rounds, or no longer."
    ),
    footer_command("escape", "back", "Back", "gallery.back", "Show all images again, or go back."),
    footer_command("question_mark", "app.help", "Help", "gallery.help", "Show these keys."),
    help_command("q", "dismiss", "gallery.quit", "Go back to the previous screen."),
]
