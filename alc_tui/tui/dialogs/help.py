"""What the keys of a screen do, as they are set, and what the classes mean. Knows no particular screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Markdown, Static

from alc_tui.text.format import plain
from alc_tui.tui import keys, palette
from alc_tui.tui.commands import help_command


class HelpScreen(ModalScreen[None]):
    """Any of Escape, Enter, ? and q closes it."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        help_command("escape,question_mark,q,enter", "dismiss", "help.close", "Back to the screen before.")
    ]

    def __init__(self, screen: Screen[object], class_keys: Mapping[str, str], guideline: str | None) -> None:
        """screen: the one whose keys are wanted. class_keys: by class. guideline: markdown on the classes."""
        super().__init__()
        self._commands = [
            bound for bound in screen.active_bindings.values() if bound.node is screen and bound.binding.id
        ]
        self._class_keys, self._guideline = dict(class_keys), guideline

    def compose(self) -> ComposeResult:
        """Keys, classes, guideline; scrolling."""
        with VerticalScroll(classes="window"):
            yield Static(self._keys(), markup=False)
            if self._guideline:
                yield Markdown(self._guideline, open_links=False)

    def _keys(self) -> Group:
        style = f"bold {palette.of(self.app).key}"
        commands, names = Table.grid(padding=(0, 2)), Table.grid(padding=(0, 2))
        for name, meaning in _commands(self._commands).items():
            commands.add_row(Text(" ".join(meaning), style=style, no_wrap=True), name)
        for name, key in self._class_keys.items():
            names.add_row(Text(keys.shown(key), style=style), Text(plain(name)))
        parts: list[Text | Table] = [Text.assemble(("Keys", "bold"), "  (Escape closes)\n"), commands]
        if self._class_keys:
            parts += [Text("\nClasses", style="bold"), names]
        return Group(*parts)


def _commands(bindings: list[ActiveBinding]) -> dict[str, list[str]]:
    """The keys of each command, by what it does."""
    found: dict[str, list[str]] = {}
    for bound in bindings:
        binding = bound.binding
        said = bound.tooltip or binding.tooltip or binding.description
        if said:
            found.setdefault(said, []).append(keys.shown(binding.key))
    return found
