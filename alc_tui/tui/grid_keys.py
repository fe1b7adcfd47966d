"""The keys of the grid, classes excepted: what each does, as its footer and its help say it."""

from __future__ import annotations

from textual.binding import Binding, BindingType


def _shown(key: str, action: str, name: str, command: str, tooltip: str) -> Binding:
    return Binding(key, action, name, id=f"grid.{command}", tooltip=tooltip)


def _unlisted(key: str, action: str, command: str, tooltip: str) -> Binding:
    """Not in the footer, which 80 columns soon fill, but in the help."""
    return Binding(key, action, tooltip, id=f"grid.{command}", tooltip=tooltip, show=False)


KEYS: list[BindingType] = [
    _shown("enter", "look", "Large", "look", "see it large, and decide it alone"),
    _shown("space", "mark", "Mark", "mark", "mark it, or no longer; then a class's key decides"),
    _shown("asterisk", "mark_page", "All", "mark_page", "mark this page, or nothing of it"),
    _unlisted("s", "set_aside('skip')", "skip", "skip what is marked"),
    _unlisted("f", "set_aside('flag')", "flag", "flag what is marked"),
    _unlisted("x", "set_aside('exclude')", "exclude", "exclude what is marked"),
    _unlisted("slash", "pick", "pick", "find a class for what is marked"),
    _unlisted("backspace", "unmark", "unmark", "mark nothing any more"),
    _shown("u", "undo", "Undo", "undo", "take back the last batch decided here"),
    _shown("t", "next_filter", "Filter", "filter", "undecided, changed, flagged … or all"),
    _shown("c", "pick_filter", "Class", "class", "only those of a class, decided or else given"),
    _unlisted("plus", "resize(1)", "larger", "larger images"),
    _unlisted("minus", "resize(-1)", "smaller", "smaller images"),
    _unlisted("left", "move(-1, 0)", "left", "to the left"),
    _unlisted("right", "move(1, 0)", "right", "to the right"),
    _unlisted("up", "move(0, -1)", "up", "up"),
    _unlisted("down", "move(0, 1)", "down", "down"),
    _unlisted("pageup", "turn(-1)", "page_up", "the page before"),
    _unlisted("pagedown", "turn(1)", "page_down", "the next page"),
    _unlisted("home", "end(False)", "first", "the first one"),
    _unlisted("end", "end(True)", "last", "the last one"),
    _shown("escape", "dismiss", "Back", "back", "back to where you came from"),
    _shown("question_mark", "app.help", "Help", "help", "keys, classes, guideline"),
    _unlisted("q", "app.quit", "quit", "quit: every verdict is on disk"),
]
