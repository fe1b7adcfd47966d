"""One line of a form: a title and input controls. Does not validate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label, Select


class FormChoice(Select[str], inherit_bindings=False):
    """A list that opens with Enter or Space, so that the arrow keys can move through the form."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "show_overlay", "Choose", show=False)]


class FormRow(Horizontal):
    """`value` is the selected choice, followed by the typed text if the choice requires it; empty if nothing is
    entered."""

    def __init__(self, title: str, choices: Mapping[str, str], id: str) -> None:
        """choices: allowed values, each with the extra input it needs; if empty, any text."""
        super().__init__(id=id)
        self._title, self._choices = title, choices

    def compose(self) -> ComposeResult:
        """The title and the controls."""
        yield Label(self._title, markup=False)
        if self._choices:
            yield FormChoice([(name, name) for name in self._choices], prompt="", compact=True)
        beside = Input(compact=True, select_on_focus=False)
        beside.display = not self._choices
        yield beside

    def on_select_changed(self) -> None:
        """Show a text field if the choice requires one, with the cursor in it; what was typed there before stays."""
        beside = self.query_one(Input)
        beside.placeholder = self._choices.get(self._chosen, "")
        beside.display = bool(beside.placeholder)
        self.set_class(beside.display, "-beside")
        if beside.display and self.query_one(FormChoice).has_focus_within:
            # Twice: after the list has closed, which takes the focus back.
            self.call_after_refresh(self.call_after_refresh, beside.focus)

    def enter(self) -> None:
        """Put the cursor where the row is filled in."""
        beside = self.query_one(Input)
        (beside if beside.display else self.query_one(FormChoice)).focus()

    @property
    def value(self) -> str:
        """What was typed or chosen."""
        typed = self.query_one(Input).value.strip()
        if not self._choices:
            return typed
        chosen = self._chosen
        return chosen + typed if self._choices.get(chosen) else chosen

    def suggest(self, placeholder: str) -> None:
        """Show the value that applies if the row is left empty."""
        if self._choices:
            self.query_one(FormChoice).prompt = placeholder
        else:
            self.query_one(Input).placeholder = placeholder

    @property
    def _chosen(self) -> str:
        value = self.query_one(FormChoice).value
        return value if isinstance(value, str) else ""
