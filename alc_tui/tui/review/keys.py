"""The lists and keys of the review screen, with their footer and help texts."""

from __future__ import annotations

from textual.binding import BindingType

from alc_tui.session.labeling.review import KINDS
from alc_tui.tui.commands import footer_command, help_command

_TOOLTIPS = {
    "flagged": "Samples that were set aside for a second look, with their notes.",
    "skipped": "Samples that were skipped.",
    "changed": "Labels that differ from the given ones.",
    "model disagrees": "Labels that the retrained model disagrees with.",
    "annotators disagree": "Labels that a second annotator disagrees with.",
    "near duplicates": "Samples with almost the same features that are in other splits or have different labels.",
    "outliers": "Samples that are far from all others by their features.",
    "excluded": "Samples that are never used for training.",
    "confirmed": "Given labels that were confirmed.",
}


def _list_keys() -> list[BindingType]:
    return [
        help_command(f"f{number}", f"show('{kind}')", f"review.{kind.replace(' ', '_')}", _TOOLTIPS[kind])
        for number, kind in enumerate(KINDS, start=1)
    ]


KEYS: list[BindingType] = [
    footer_command("enter", "decide", "Review", "review.decide", "Review this sample, then those below it."),
    *_list_keys(),
    footer_command("tab", "next(1)", "Next list", "review.next", "Next list."),
    help_command("shift+tab", "next(-1)", "review.previous", "Previous list."),
    help_command("up", "move(-1)", "review.up", "Move up."),
    help_command("down", "move(1)", "review.down", "Move down."),
    help_command("pageup", "turn(-1)", "review.page_up", "Move up one page."),
    help_command("pagedown", "turn(1)", "review.page_down", "Move down one page."),
    help_command("home", "go(0)", "review.first", "First sample."),
    help_command("end", "go(-1)", "review.last", "Last sample."),
    help_command("d", "app.smooth", "review.smooth", "Switch between smooth scaling and exact pixels."),
    help_command("less_than_sign", "app.resize_images(-1)", "review.smaller", "Smaller images."),
    help_command("greater_than_sign", "app.resize_images(1)", "review.larger", "Larger images."),
    help_command("P", "app.next_preview", "review.preview", "Draw images in half-blocks, quadrants, or pixels."),
    footer_command("escape", "dismiss", "Back", "review.back", "Go back to the previous screen."),
    footer_command("question_mark", "app.help", "Help", "review.help", "Show keys, classes and guideline."),
    help_command("q", "dismiss", "review.quit", "Go back to the previous screen."),
]
