"""The keys of the labeling screen, classes excepted: what each does, as its footer and its help say it."""

from __future__ import annotations

from textual.binding import Binding, BindingType


def _shown(key: str, action: str, name: str, command: str, tooltip: str) -> Binding:
    return Binding(key, action, name, id=f"label.{command}", tooltip=tooltip)


def _unlisted(key: str, action: str, command: str, tooltip: str) -> Binding:
    """Not in the footer, which 80 columns soon fill, but in the help."""
    return Binding(key, action, tooltip, id=f"label.{command}", tooltip=tooltip, show=False)


KEYS: list[BindingType] = [
    _shown("enter", "keep", "Keep", "keep", "keep the given label; in Review, the verdict"),
    _shown("enter", "retrain", "Retrain now", "retrain", "do not wait for the countdown"),
    _shown("a", "suggestion", "Model's", "suggestion", "take the model's label"),
    _shown("s", "set_aside('skip')", "Skip", "skip", "skip: no label, it stays noisy"),
    _shown("f", "set_aside('flag')", "Flag", "flag", "flag: set aside for Review, no label"),
    _shown("x", "set_aside('exclude')", "Exclude", "exclude", "exclude: of no use, never trained on"),
    _shown("u", "undo", "Undo", "undo", "undo the last verdict, as often as you like"),
    _unlisted("slash", "pick", "pick", "find a class by its name"),
    _shown("g", "app.grid", "Grid", "grid", "the whole round as thumbnails"),
    _unlisted("r", "app.review", "review", "decide again what deserves it"),
    _unlisted("p", "app.progress", "progress", "progress: scores, confusion, flow of labels, ledger"),
    _unlisted("n", "neighbours", "neighbours", "show or hide the nearest clean samples"),
    _unlisted("b", "blind", "blind", "hide given label and model's until decided"),
    _unlisted("space", "whole", "whole", "the image alone, as large as it goes"),
    _unlisted("plus", "look('zoom', (1,))", "zoom_in", "zoom in"),
    _unlisted("minus", "look('zoom', (-1,))", "zoom_out", "zoom out"),
    _unlisted("left", "look('pan', (-1, 0))", "pan_left", "pan to the left"),
    _unlisted("right", "look('pan', (1, 0))", "pan_right", "pan to the right"),
    _unlisted("up", "look('pan', (0, -1))", "pan_up", "pan up"),
    _unlisted("down", "look('pan', (0, 1))", "pan_down", "pan down"),
    _unlisted("left_square_bracket", "look('brighten', (-1,))", "darker", "darker"),
    _unlisted("right_square_bracket", "look('brighten', (1,))", "brighter", "brighter"),
    _unlisted("left_curly_bracket", "look('contrast', (-1,))", "flatter", "less contrast"),
    _unlisted("right_curly_bracket", "look('contrast', (1,))", "crisper", "more contrast"),
    _unlisted("equals_sign", "look('reset', ())", "as_it_is", "the image as it came"),
    _unlisted("i", "original", "original", "size and path of the original"),
    _unlisted("pagedown", "scroll_classes(1)", "classes_down", "more classes"),
    _unlisted("pageup", "scroll_classes(-1)", "classes_up", "the classes above"),
    _unlisted("escape", "leave", "leave", "back to where you came from"),
    _shown("question_mark", "app.help", "Help", "help", "keys, classes, guideline"),
    _shown("q", "app.quit", "Quit", "quit", "quit: every verdict is on disk"),
]
