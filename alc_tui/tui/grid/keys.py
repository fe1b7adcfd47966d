"""The keys of the grid, except class keys, with their footer and help texts."""

from __future__ import annotations

from textual.binding import BindingType

from alc_tui.tui.commands import footer_command, help_command
from alc_tui.tui.grid.browsing import browse_commands

KEYS: list[BindingType] = [
    footer_command("enter", "look", "Enlarge", "grid.look", "Enlarge the image to decide it alone."),
    footer_command(
        "space", "mark", "Mark", "grid.mark", "Mark or unmark the image; class keys then label all marked images."
    ),
    help_command("asterisk", "mark_page", "grid.mark_page", "Mark or unmark all images on this page."),
    footer_command(
        "g", "mark_group", "Group", "grid.mark_group", "Mark or unmark the group under the cursor, to leave some out."
    ),
    footer_command(
        "tab", "next_order(1)", "Order", "grid.order", "Next order: by rank, by suggested class, or by similarity."
    ),
    help_command("shift+tab", "next_order(-1)", "grid.previous_order", "Previous order."),
    help_command("s", "set_aside('skip')", "grid.skip", "Skip the marked images, or the group."),
    help_command("f", "set_aside('flag')", "grid.flag", "Flag the marked images, or the group."),
    help_command("x", "set_aside('exclude')", "grid.exclude", "Exclude the marked images, or the group."),
    help_command("slash", "pick", "grid.pick", "Find a class for the marked images, or the group."),
    help_command("backspace", "unmark", "grid.unmark", "Remove all marks."),
    footer_command("u", "undo", "Undo", "grid.undo", "Undo the last batch, or the last verdict."),
    help_command("t", "next_filter", "grid.filter", "Show undecided, changed, flagged … or all images."),
    help_command("c", "pick_filter", "grid.class", "Show only one class, by verdict or else by given label."),
    *browse_commands("grid"),
    footer_command("escape", "dismiss", "Back", "grid.back", "Go back to the previous screen."),
    footer_command("question_mark", "app.help", "Help", "grid.help", "Show keys, classes and guideline."),
    help_command("q", "dismiss", "grid.quit", "Go back to the previous screen."),
]
