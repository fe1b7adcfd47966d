"""The keys of the labeling screen, classes excepted: what each does, as its footer and its help say it."""

from __future__ import annotations

from textual.binding import BindingType

from alc_tui.tui.commands import listed, unlisted

KEYS: list[BindingType] = [
    listed("enter", "keep", "Keep", "label.keep", "keep the given label; in Review, the verdict"),
    listed("enter", "retrain", "Retrain now", "label.retrain", "do not wait for the countdown"),
    listed("a", "suggestion", "Model's", "label.suggestion", "take the model's label"),
    listed("s", "set_aside('skip')", "Skip", "label.skip", "skip: no label, it stays noisy"),
    listed("f", "set_aside('flag')", "Flag", "label.flag", "flag: set aside for Review, no label"),
    listed("x", "set_aside('exclude')", "Exclude", "label.exclude", "exclude: of no use, never trained on"),
    listed("u", "undo", "Undo", "label.undo", "undo the last verdict, as often as you like"),
    unlisted("slash", "pick", "label.pick", "find a class by its name"),
    listed("g", "app.grid", "Grid", "label.grid", "the whole round as thumbnails"),
    unlisted("r", "app.review", "label.review", "decide again what deserves it"),
    unlisted("p", "app.progress", "label.progress", "progress: scores, confusion, flow of labels, ledger"),
    unlisted("n", "neighbors", "label.neighbours", "show or hide the nearest clean samples"),
    unlisted("b", "blind", "label.blind", "hide given label and model's until decided"),
    unlisted("space", "whole", "label.whole", "the image alone, as large as it goes"),
    unlisted("plus", "look('zoom', (1,))", "label.zoom_in", "zoom in"),
    unlisted("minus", "look('zoom', (-1,))", "label.zoom_out", "zoom out"),
    unlisted("left", "look('pan', (-1, 0))", "label.pan_left", "pan to the left"),
    unlisted("right", "look('pan', (1, 0))", "label.pan_right", "pan to the right"),
    unlisted("up", "look('pan', (0, -1))", "label.pan_up", "pan up"),
    unlisted("down", "look('pan', (0, 1))", "label.pan_down", "pan down"),
    unlisted("left_square_bracket", "look('brighten', (-1,))", "label.darker", "darker"),
    unlisted("right_square_bracket", "look('brighten', (1,))", "label.brighter", "brighter"),
    unlisted("left_curly_bracket", "look('contrast', (-1,))", "label.flatter", "less contrast"),
    unlisted("right_curly_bracket", "look('contrast', (1,))", "label.crisper", "more contrast"),
    unlisted("equals_sign", "look('reset', ())", "label.as_it_is", "the image as it came"),
    unlisted("i", "original", "label.original", "size and path of the original"),
    unlisted("pagedown", "scroll_classes(1)", "label.classes_down", "more classes"),
    unlisted("pageup", "scroll_classes(-1)", "label.classes_up", "the classes above"),
    unlisted("escape", "leave", "label.leave", "back to where you came from"),
    listed("question_mark", "app.help", "Help", "label.help", "keys, classes, guideline"),
    listed("q", "app.quit", "Quit", "label.quit", "quit: every verdict is on disk"),
]
