"""The keys of the grid, classes excepted: what each does, as its footer and its help say it."""

from __future__ import annotations

from textual.binding import BindingType

from alc_tui.tui.commands import footer_command, help_command

KEYS: list[BindingType] = [
    footer_command("enter", "look", "Large", "grid.look", "see it large, and decide it alone"),
    footer_command("space", "mark", "Mark", "grid.mark", "mark it, or no longer; then a class's key decides"),
    footer_command("asterisk", "mark_page", "All", "grid.mark_page", "mark this page, or nothing of it"),
    help_command("s", "set_aside('skip')", "grid.skip", "skip what is marked"),
    help_command("f", "set_aside('flag')", "grid.flag", "flag what is marked"),
    help_command("x", "set_aside('exclude')", "grid.exclude", "exclude what is marked"),
    help_command("slash", "pick", "grid.pick", "find a class for what is marked"),
    help_command("backspace", "unmark", "grid.unmark", "mark nothing any more"),
    footer_command("u", "undo", "Undo", "grid.undo", "take back the last batch decided here"),
    footer_command("t", "next_filter", "Filter", "grid.filter", "undecided, changed, flagged … or all"),
    footer_command("c", "pick_filter", "Class", "grid.class", "only those of a class, decided or else given"),
    help_command("plus", "resize(1)", "grid.larger", "larger images"),
    help_command("minus", "resize(-1)", "grid.smaller", "smaller images"),
    help_command("left", "move(-1, 0)", "grid.left", "to the left"),
    help_command("right", "move(1, 0)", "grid.right", "to the right"),
    help_command("up", "move(0, -1)", "grid.up", "up"),
    help_command("down", "move(0, 1)", "grid.down", "down"),
    help_command("pageup", "turn(-1)", "grid.page_up", "the page before"),
    help_command("pagedown", "turn(1)", "grid.page_down", "the next page"),
    help_command("home", "end(False)", "grid.first", "the first one"),
    help_command("end", "end(True)", "grid.last", "the last one"),
    footer_command("escape", "dismiss", "Back", "grid.back", "back to where you came from"),
    footer_command("question_mark", "app.help", "Help", "grid.help", "keys, classes, guideline"),
    help_command("q", "app.quit", "grid.quit", "quit: every verdict is on disk"),
]
