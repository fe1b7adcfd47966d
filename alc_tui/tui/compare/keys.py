"""The keys of the comparison, except class keys, with their footer and help texts."""

from __future__ import annotations

from dataclasses import replace

from textual.binding import Binding, BindingType

from alc_tui.tui.commands import footer_command, help_command
from alc_tui.tui.labeling import keys as labeling

HANDED_ON = frozenset({"label.keep", "label.suggestion", "label.skip", "label.flag", "label.exclude", "label.undo"})
"""Commands of the labeling screen that decide or undo, which work here as they do there, with the same keys."""

KEYS: list[BindingType] = [
    *(
        replace(binding, show=binding.show and binding.id != "label.undo")  # the footer has no space for it
        for binding in labeling.KEYS
        if isinstance(binding, Binding) and binding.id in HANDED_ON
    ),
    footer_command("right", "turn(1)", "More", "compare.more", "More typical images of both classes."),
    help_command("left", "turn(-1)", "compare.fewer", "The typical images before."),
    footer_command("tab", "next_class(1, 1)", "Class", "compare.next_class", "The next class in the lower row."),
    help_command("shift+tab", "next_class(1, -1)", "compare.previous_class", "The class before in the lower row."),
    help_command("down", "next_class(0, 1)", "compare.next_upper_class", "The next class in the upper row."),
    help_command("up", "next_class(0, -1)", "compare.previous_upper_class", "The class before in the upper row."),
    footer_command("escape", "dismiss(None)", "Back", "compare.back", "Go back without deciding."),
    footer_command("question_mark", "app.help", "Help", "compare.help", "Show keys, classes and guideline."),
    help_command("q", "dismiss(None)", "compare.quit", "Go back without deciding."),
]
