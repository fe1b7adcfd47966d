"""The keys of the grid, classes excepted: what each does, as its footer and its help say it."""

from __future__ import annotations

from textual.binding import BindingType

from alc_tui.tui.commands import listed, unlisted

KEYS: list[BindingType] = [
    listed("enter", "look", "Large", "grid.look", "see it large, and decide it alone"),
    listed("space", "mark", "Mark", "grid.mark", "mark it, or no longer; then a class's key decides"),
    listed("asterisk", "mark_page", "All", "grid.mark_page", "mark this page, or nothing of it"),
    unlisted("s", "set_aside('skip')", "grid.skip", "skip what is marked"),
    unlisted("f", "set_aside('flag')", "grid.flag", "flag what is marked"),
    unlisted("x", "set_aside('exclude')", "grid.exclude", "exclude what is marked"),
    unlisted("slash", "pick", "grid.pick", "find a class for what is marked"),
    unlisted("backspace", "unmark", "grid.unmark", "mark nothing any more"),
    listed("u", "undo", "Undo", "grid.undo", "take back the last batch decided here"),
    listed("t", "next_filter", "Filter", "grid.filter", "undecided, changed, flagged … or all"),
    listed("c", "pick_filter", "Class", "grid.class", "only those of a class, decided or else given"),
    unlisted("plus", "resize(1)", "grid.larger", "larger images"),
    unlisted("minus", "resize(-1)", "grid.smaller", "smaller images"),
    unlisted("left", "move(-1, 0)", "grid.left", "to the left"),
    unlisted("right", "move(1, 0)", "grid.right", "to the right"),
    unlisted("up", "move(0, -1)", "grid.up", "up"),
    unlisted("down", "move(0, 1)", "grid.down", "down"),
    unlisted("pageup", "turn(-1)", "grid.page_up", "the page before"),
    unlisted("pagedown", "turn(1)", "grid.page_down", "the next page"),
    unlisted("home", "end(False)", "grid.first", "the first one"),
    unlisted("end", "end(True)", "grid.last", "the last one"),
    listed("escape", "dismiss", "Back", "grid.back", "back to where you came from"),
    listed("question_mark", "app.help", "Help", "grid.help", "keys, classes, guideline"),
    unlisted("q", "app.quit", "grid.quit", "quit: every verdict is on disk"),
]
