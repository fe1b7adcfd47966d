"""Finding a class by typing a part of its name, where there are more classes than keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from alc_tui.text.format import plain
from alc_tui.tui import keys
from alc_tui.tui.commands import footer_command


class PickClassScreen(ModalScreen[str | None]):
    """Returns the class chosen with Enter, None for Escape."""

    CSS_PATH = "pick_class.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        footer_command("escape", "dismiss(None)", "Back", "pick.back", "Choose no class."),
        footer_command("down", "move(1)", "Next", "pick.next", "The next class.", priority=True),
        footer_command("up", "move(-1)", "Previous", "pick.previous", "The class before.", priority=True),
    ]

    def __init__(self, classes: Sequence[str], class_keys: Sequence[str]) -> None:
        super().__init__()
        self._rows = [
            (name, f"{keys.shown(key)}  {plain(name)}") for name, key in zip(classes, class_keys, strict=True)
        ]

    def compose(self) -> ComposeResult:
        """What is typed, and the classes that contain it."""
        with Vertical(classes="window"):
            yield Input(placeholder="part of a class's name; Enter decides, Escape goes back", compact=True)
            yield OptionList(markup=False, compact=True)

    def on_mount(self) -> None:
        """All classes, until something is typed."""
        self.query_one(OptionList).can_focus = False
        self._narrow("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Only what contains it."""
        self._narrow(event.value)

    def on_input_submitted(self) -> None:
        """The one that is marked."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            self.dismiss(self._names[options.highlighted])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """The one that was clicked."""
        self.dismiss(self._names[event.option_index])

    def action_move(self, by: int) -> None:
        """Another class of those shown."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            options.highlighted = (options.highlighted + by) % len(self._names)

    def _narrow(self, typed: str) -> None:
        """Names that begin with it first, then those that contain it."""
        wanted = typed.casefold().strip()
        found = [row for row in self._rows if wanted in row[0].casefold()]
        found.sort(key=lambda row: not row[0].casefold().startswith(wanted))
        self._names = [name for name, _ in found]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(text) for _, text in found])
        options.highlighted = 0 if found else None
