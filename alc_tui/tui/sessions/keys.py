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
    footer_command("enter", "open", "Open", "sessions.open", "Open the session; replays are read-only."),
    footer_command("n", "new", "New", "sessions.new", "Create a new session."),
    footer_command("t", "train", "Train", "sessions.train", "Start or resume training in the background."),
    footer_command(
        "r", "replay", "Replay", "sessions.replay", "Replay the rounds with the oracle, if the true labels are known."
    ),
    footer_command("e", "export", "Export", "sessions.export", "Export the labels, in a format of your choice."),
    footer_command("d", "delete", "Delete", "sessions.delete", "Delete the session, after confirmation."),
    footer_command("question_mark", "app.help", "Help", "sessions.help", "Show these keys."),
    footer_command("q", "app.quit", "Quit", "sessions.quit", "Quit; training continues in the background."),
    *(help_command(key, f"move('{action}')", f"sessions.{key}", "Move the cursor.") for key, action in _MOVES.items()),
]

SUMMARY_KEYS: list[BindingType] = [
    footer_command("s", "make(True)", "Start", "summary.start", "Create the session and start training."),
    footer_command("c", "make(False)", "Create only", "summary.create", "Create the session without training."),
    footer_command("escape", "back", "Back", "summary.back", "Go back to the form; decoded images stay cached."),
    help_command("left", "app.focus_previous", "summary.previous", "Previous button."),
    help_command("right", "app.focus_next", "summary.next", "Next button."),
    *scroll_commands("summary"),
    footer_command("question_mark", "app.help", "Help", "summary.help", "Show these keys."),
]
