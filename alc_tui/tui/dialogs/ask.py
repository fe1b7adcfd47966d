"""One line to be typed before something happens."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from alc_tui.tui.commands import footer_command


class AskScreen(ModalScreen[str | None]):
    """Returns what stands there when Enter is pressed, None for Escape or for nothing."""

    CSS_PATH = "ask.tcss"
    TAKES_TEXT = True
    BINDINGS: ClassVar[list[BindingType]] = [
        footer_command("escape", "dismiss(None)", "Back", "ask.back", "Go back; nothing happens.")
    ]

    def __init__(self, question: str, answer: str) -> None:
        """answer: what stands there at first."""
        super().__init__()
        self._question, self._answer = question, answer

    def compose(self) -> ComposeResult:
        """The question, the answer, what the keys do."""
        with Vertical(classes="window"):
            yield Static(self._question, markup=False)
            yield Input(self._answer, compact=True, select_on_focus=False)
            yield Static("Enter goes on      Escape goes back", markup=False, classes="keys")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """What was typed."""
        self.dismiss(event.value.strip() or None)
