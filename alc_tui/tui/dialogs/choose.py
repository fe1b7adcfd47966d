"""A dialog to choose one of a few things, each with a description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from alc_tui.tui.commands import footer_command
from alc_tui.tui.dialogs.dialog import Dialog
from alc_tui.tui.widgets.status_line import StatusLine


class ChooseScreen(Dialog[str | None]):
    """Returns the name that is chosen with the arrow keys and Enter, or clicked; None for Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        footer_command("escape", "dismiss(None)", "Back", "choose.back", "Go back without choosing anything.")
    ]

    def __init__(self, question: str, choices: Mapping[str, str]) -> None:
        """choices: descriptions by name; the first one is highlighted."""
        super().__init__()
        self._question, self._choices = question, choices

    def compose(self) -> ComposeResult:
        """The question, the choices, the keys."""
        width = max(map(len, self._choices))
        with Vertical(classes="window"):
            yield Static(self._question, markup=False)
            yield OptionList(
                *(Option(Text(f"{name:<{width}}  {text}"), id=name) for name, text in self._choices.items()),
                compact=True,
            )
            yield Static("Enter chooses      Escape cancels", markup=False, classes="keys")
            yield StatusLine()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Return the name."""
        self.dismiss(event.option_id)
