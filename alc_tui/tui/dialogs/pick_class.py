"""A dialog to find a class by part of its name, for when there are more classes than keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from alc_tui.text.format import plain
from alc_tui.tui.commands import footer_command
from alc_tui.tui.dialogs.dialog import Dialog
from alc_tui.tui.keys import display_key


class PickClassScreen(Dialog[str | None]):
    """Returns the class chosen with Enter, None for Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        footer_command("escape", "dismiss(None)", "Back", "pick.back", "Go back without choosing a class."),
        footer_command("down", "move(1)", "Next", "pick.next", "Next class.", priority=True),
        footer_command("up", "move(-1)", "Previous", "pick.previous", "Previous class.", priority=True),
    ]

    def __init__(self, title: str, classes: Sequence[str], class_keys: Sequence[str]) -> None:
        """title: what the class is for."""
        super().__init__()
        self._title = title
        self._rows = [
            (name, f"{display_key(key)}  {plain(name)}") for name, key in zip(classes, class_keys, strict=True)
        ]

    def compose(self) -> ComposeResult:
        """A text field, and the classes whose names contain the text."""
        with Vertical(classes="window"):
            yield Static(self._title, markup=False)
            yield Input(placeholder="part of a class name; Enter chooses, Escape cancels", compact=True)
            yield OptionList(markup=False, compact=True)
            yield Static("No class matches.", id="none", markup=False)

    def on_mount(self) -> None:
        """Show all classes until something is typed."""
        self.query_one(OptionList).can_focus = False
        self._narrow("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show only the classes that contain the text."""
        self._narrow(event.value)

    def on_input_submitted(self) -> None:
        """Return the highlighted class."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            self.dismiss(self._names[options.highlighted])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Return the class that was clicked."""
        self.dismiss(self._names[event.option_index])

    def action_move(self, by: int) -> None:
        """Highlight another class."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            options.highlighted = (options.highlighted + by) % len(self._names)

    def _narrow(self, typed: str) -> None:
        """Show the names that begin with the text, then those that contain it elsewhere."""
        part = typed.casefold().strip()
        matches = [row for row in self._rows if part in row[0].casefold()]
        matches.sort(key=lambda row: not row[0].casefold().startswith(part))
        self._names = [name for name, _ in matches]
        options = self.query_one(OptionList)
        options.clear_options()
        options.display, self.query_one("#none").display = bool(matches), not matches
        options.add_options([Option(text) for _, text in matches])
        options.highlighted = 0 if matches else None
