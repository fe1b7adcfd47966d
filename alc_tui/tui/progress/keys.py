"""The sections and keys of the progress screen, with their footer and help texts."""

from __future__ import annotations

from textual.binding import BindingType

from alc_tui.tui.commands import footer_command, help_command, scroll_commands

SECTIONS = {
    "classes": "F1 per class and its change (95 % for all classes together, bootstrap over the test set).",
    "curve": "Macro-F1 by labels spent, with 95 % intervals (bootstrap over the test set).",
    "confusion": "The confusion matrix on the test set.",
    "labels": "The flow of labels, from given to decided.",
    "ledger": "The labeling cost of each round.",
    "agreement": "Agreement of verdicts: with suggestions (blind and open), on repeats, and between annotators.",
    "next": "What the next round will probably bring, and whether it is reasonable to stop.",
}


def _section_keys() -> list[BindingType]:
    return [
        help_command(f"f{number}", f"show('{name}')", f"progress.{name}", tooltip)
        for number, (name, tooltip) in enumerate(SECTIONS.items(), start=1)
    ]


KEYS: list[BindingType] = [
    footer_command("enter", "continue", "Next round", "progress.continue", "Continue with the next round."),
    footer_command("escape", "back", "Back", "progress.back", "Go back to the previous screen."),
    footer_command(
        "g", "images", "Images", "progress.images", "Show the test images of the class or the cell under the cursor."
    ),
    footer_command(
        "M",
        "more_of_these",
        "More of these",
        "progress.focus",
        "More of this (true) class in later rounds, or no longer.",
    ),
    footer_command("t", "toggle_shares", "Counts or %", "progress.toggle_shares", "Show counts or row percentages."),
    footer_command("tab", "next(1)", "Section", "progress.next", "Next section."),
    help_command("shift+tab", "next(-1)", "progress.previous", "Previous section."),
    *_section_keys(),
    *scroll_commands("progress", "Move or scroll"),
    help_command("left", "scroll(0, -4)", "progress.left", "Move or scroll left."),
    help_command("right", "scroll(0, 4)", "progress.right", "Move or scroll right."),
    footer_command("question_mark", "app.help", "Help", "progress.help", "Show these keys."),
    help_command("q", "back", "progress.close", "Go back to the previous screen."),
    footer_command("q", "quit", "Quit", "progress.quit", "Quit; training continues in the background."),
]
