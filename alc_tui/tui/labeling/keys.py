"""The keys of the labeling screen, classes excepted: what each does, as its footer and its help say it."""

from __future__ import annotations

from textual.binding import BindingType

from alc_tui.tui.commands import footer_command, help_command

KEYS: list[BindingType] = [
    footer_command("enter", "keep", "Keep", "label.keep", "keep the given label; in Review, the verdict"),
    footer_command("enter", "retrain", "Retrain now", "label.retrain", "do not wait for the countdown"),
    footer_command("a", "suggestion", "Model's", "label.suggestion", "take the model's label"),
    footer_command("s", "set_aside('skip')", "Skip", "label.skip", "skip: no label, it stays noisy"),
    footer_command("f", "set_aside('flag')", "Flag", "label.flag", "flag: set aside for Review, no label"),
    footer_command("x", "set_aside('exclude')", "Exclude", "label.exclude", "exclude: of no use, never trained on"),
    footer_command("u", "undo", "Undo", "label.undo", "undo the last verdict, as often as you like"),
    help_command("slash", "pick", "label.pick", "find a class by its name"),
    footer_command("g", "app.grid", "Grid", "label.grid", "the whole round as thumbnails"),
    help_command("r", "app.review", "label.review", "decide again what deserves it"),
    help_command("p", "app.progress", "label.progress", "progress: scores, confusion, flow of labels, ledger"),
    help_command("n", "neighbors", "label.neighbours", "show or hide the nearest clean samples"),
    help_command("b", "blind", "label.blind", "hide given label and model's until decided"),
    help_command("space", "whole", "label.whole", "the image alone, as large as it goes"),
    help_command("plus", "look('zoom', (1,))", "label.zoom_in", "zoom in"),
    help_command("minus", "look('zoom', (-1,))", "label.zoom_out", "zoom out"),
    help_command("left", "look('pan', (-1, 0))", "label.pan_left", "pan to the left"),
    help_command("right", "look('pan', (1, 0))", "label.pan_right", "pan to the right"),
    help_command("up", "look('pan', (0, -1))", "label.pan_up", "pan up"),
    help_command("down", "look('pan', (0, 1))", "label.pan_down", "pan down"),
    help_command("left_square_bracket", "look('brighten', (-1,))", "label.darker", "darker"),
    help_command("right_square_bracket", "look('brighten', (1,))", "label.brighter", "brighter"),
    help_command("left_curly_bracket", "look('contrast', (-1,))", "label.flatter", "less contrast"),
    help_command("right_curly_bracket", "look('contrast', (1,))", "label.crisper", "more contrast"),
    help_command("equals_sign", "look('reset', ())", "label.as_it_is", "the image as it came"),
    help_command("i", "original", "label.original", "size and path of the original"),
    help_command("pagedown", "scroll_classes(1)", "label.classes_down", "more classes"),
    help_command("pageup", "scroll_classes(-1)", "label.classes_up", "the classes above"),
    help_command("escape", "leave", "label.leave", "back to where you came from"),
    footer_command("question_mark", "app.help", "Help", "label.help", "keys, classes, guideline"),
    footer_command("q", "app.quit", "Quit", "label.quit", "quit: every verdict is on disk"),
]
