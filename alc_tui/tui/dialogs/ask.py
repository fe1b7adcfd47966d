"""A dialog that asks for one line of text."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from alc_tui.tui.commands import footer_command
from alc_tui.tui.dialogs.dialog import Dialog


class AskScreen(Dialog[str | None]):
    """Returns the text on Enter; None for Escape and, unless it may be empty, for an empty text."""

    TAKES_TEXT = True
    BINDINGS: ClassVar[list[BindingType]] = [
        footer_command("escape", "dismiss(None)", "Back", "ask.back", "Go back without doing anything.")
    ]

    def __init__(self, question: str, answer: str, may_be_empty: bool = False) -> None:
        """answer: the initial text."""
        super().__init__()
        self._question, self._answer, self._may_be_empty = question, answer, may_be_empty

    def compose(self) -> ComposeResult:
        """The question, the answer, the keys."""
        with Vertical(classes="window"):
            yield Static(self._question, markup=False)
            yield Input(self._answer, compact=True, select_on_focus=False)
            yield Static("Enter confirms      Escape cancels", markup=False, classes="keys")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return the text."""
        text = event.value.strip()
        self.dismiss(text if text or self._may_be_empty else None)
