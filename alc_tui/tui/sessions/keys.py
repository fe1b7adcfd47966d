"""The keys of the session list and of the summary of a new session, with their footer and help texts."""

from __future__ import annotations

from textual.binding import BindingType

from alc_tui.tui.commands import footer_command, help_command, scroll_commands

_MOVES = {
    "up": "cursor_up",
    "down": "cursor_down",
    "pageup": "page_up",
    "pagedown": "page_down",
    "home": "scroll_top",
    "end": "scroll_bottom",
}

SESSIONS_KEYS: list[BindingType] = [
    footer_command("enter", "open", "Open", "sessions.open", "Open the session; a replay is only shown."),
    footer_command("n", "new", "New", "sessions.new", "Make a new session."),
    footer_command("t", "train", "Train", "sessions.train", "Start or resume its training, and stay here."),
    footer_command(
        "r", "replay", "Replay", "sessions.replay", "Replay its rounds with the oracle, if the truth is known."
    ),
    footer_command("e", "export", "Export", "sessions.export", "Export its labels to a CSV file."),
    footer_command("d", "delete", "Delete", "sessions.delete", "Delete it, after a question."),
    footer_command("question_mark", "app.help", "Help", "sessions.help", "Show these keys."),
    footer_command("q", "app.quit", "Quit", "sessions.quit", "Quit; training continues in the background."),
    *(help_command(key, f"move('{action}')", f"sessions.{key}", "Move the cursor.") for key, action in _MOVES.items()),
]

SUMMARY_KEYS: list[BindingType] = [
    footer_command("s", "make(True)", "Start", "found.start", "Make the session and start its training."),
    footer_command("m", "make(False)", "Make only", "found.make", "Make the session without training it."),
    footer_command("escape", "back", "Back", "found.back", "Go back to the form; decoded images are kept."),
    help_command("left", "app.focus_previous", "found.previous", "Previous button."),
    help_command("right", "app.focus_next", "found.next", "Next button."),
    *scroll_commands("found"),
    footer_command("question_mark", "app.help", "Help", "found.help", "Show these keys."),
]
