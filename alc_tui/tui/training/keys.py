"""The keys of the training screen, with their footer and help texts."""

from __future__ import annotations

from textual.binding import BindingType

from alc_tui.tui.commands import footer_command, help_command, scroll_commands

KEYS: list[BindingType] = [
    footer_command("r", "go_on", "Resume", "training.go_on", "Resume from the last finished epoch, or retry."),
    footer_command("r", "app.review", "Review", "training.review", "Review samples while the training runs."),
    help_command("g", "app.grid", "training.grid", "Show the whole round as thumbnails."),
    footer_command("l", "toggle_log", "Log", "training.log", "Show the log, or the figures."),
    footer_command("p", "show_progress", "Progress", "training.progress", "Show the results of the rounds so far."),
    footer_command(
        "d",
        "detach",
        "Leave it running",
        "training.detach",
        "Leave; the training continues, and any terminal can follow it.",
    ),
    help_command("q", "detach", "training.leave", "Leave; the training continues."),
    footer_command("ctrl+x", "stop", "Pause", "training.stop", "Pause the training, after a question."),
    footer_command("q", "app.quit", "Quit", "training.quit", "Quit."),
    *scroll_commands("training"),
    footer_command("question_mark", "app.help", "Help", "training.help", "Show these keys."),
]
