"""Help: the configured keys of a screen, the classes, and the guideline. Works for any screen."""

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
from alc_tui.tui import palette
from alc_tui.tui.commands import help_command
from alc_tui.tui.keys import display_key


class HelpScreen(ModalScreen[None]):
    """Closed by Escape, Enter, ? or q."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        help_command("escape,question_mark,q,enter", "dismiss", "help.close", "Go back to the previous screen.")
    ]

    def __init__(self, screen: Screen[object], class_keys: Mapping[str, str], guideline: str | None) -> None:
        """screen: the one whose keys are shown. class_keys: keys by class. guideline: Markdown about the classes."""
        super().__init__()
        self._commands = [
            bound for bound in screen.active_bindings.values() if bound.node is screen and bound.binding.id
        ]
        self._class_keys, self._guideline = dict(class_keys), guideline

    def compose(self) -> ComposeResult:
        """Keys, classes and guideline, in a scrolling window."""
        with VerticalScroll(classes="window"):
            yield Static(self._keys(), markup=False)
            if self._guideline:
                yield Markdown(self._guideline, open_links=False)

    def _keys(self) -> Group:
        style = f"bold {palette.of(self.app).key}"
        commands, names = Table.grid(padding=(0, 2)), Table.grid(padding=(0, 2))
        for meaning, keys in _keys_by_meaning(self._commands).items():
            commands.add_row(Text(" ".join(keys), style=style, no_wrap=True), meaning)
        for name, key in self._class_keys.items():
            names.add_row(Text(display_key(key), style=style), Text(plain(name)))
        parts: list[Text | Table] = [Text.assemble(("Keys", "bold"), "  (Escape closes)\n"), commands]
        if self._class_keys:
            parts += [Text("\nClasses", style="bold"), names]
        return Group(*parts)


def _keys_by_meaning(bindings: list[ActiveBinding]) -> dict[str, list[str]]:
    """The keys of each command, by its meaning."""
    keys: dict[str, list[str]] = {}
    for bound in bindings:
        binding = bound.binding
        meaning = bound.tooltip or binding.tooltip or binding.description
        if meaning:
            keys.setdefault(meaning, []).append(display_key(binding.key))
    return keys
