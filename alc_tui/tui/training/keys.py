"""The keys of the training screen, with their footer and help texts."""

from __future__ import annotations

from textual.binding import BindingType

from alc_tui.tui.commands import footer_command, help_command, scroll_commands

KEYS: list[BindingType] = [
    footer_command("r", "resume", "Resume", "training.resume", "Resume from the last finished epoch, or retry."),
    footer_command("r", "app.review", "Review", "training.review", "Review samples during training."),
    footer_command("g", "app.grid", "Grid", "training.grid", "Show the round that is retrained as thumbnails."),
    footer_command("c", "app.guideline", "Guideline", "training.guideline", "Show the classes and the guideline."),
    footer_command("t", "toggle_log", "Log", "training.log", "Show the log or the metrics."),
    footer_command("p", "show_progress", "Progress", "training.progress", "Show the results of the rounds so far."),
    footer_command(
        "d",
        "detach",
        "Detach",
        "training.detach",
        "Quit; training continues, and you can watch it from any terminal.",
    ),
    help_command("q", "detach", "training.leave", "Quit; training continues."),
    footer_command("ctrl+x", "stop", "Pause", "training.stop", "Pause training, after confirmation."),
    footer_command("q", "app.quit", "Quit", "training.quit", "Quit."),
    *scroll_commands("training"),
    footer_command("question_mark", "app.help", "Help", "training.help", "Show these keys."),
]
