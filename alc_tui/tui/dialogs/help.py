"""Help: the configured keys of a screen, the classes, the guideline, and the words. Works for any screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Markdown, Static

from alc_tui.text.format import plain
from alc_tui.tui import palette
from alc_tui.tui.commands import help_command
from alc_tui.tui.dialogs.dialog import Dialog
from alc_tui.tui.dialogs.glossary import GLOSSARY
from alc_tui.tui.key_roles import free_arrows, letters_of
from alc_tui.tui.keys import display_key
from alc_tui.tui.widgets.status_line import StatusLine

_WORD = 20
"""Columns for a word of the glossary."""
_CLOSES = "  (Escape closes)\n"


class HelpScreen(Dialog[None]):
    """Closed by Escape, Enter, ? or q."""

    BINDINGS: ClassVar[list[BindingType]] = [
        help_command("escape,question_mark,q,enter", "dismiss", "help.close", "Go back to the previous screen.")
    ]

    def __init__(self, screen: Screen[object], class_keys: Mapping[str, str], guideline: str | None) -> None:
        """screen: the one whose keys are shown. class_keys: keys by class. guideline: Markdown about the classes."""
        super().__init__()
        self._commands = [
            bound for bound in screen.active_bindings.values() if bound.node is screen and bound.binding.id
        ]
        self._arrows = free_arrows(screen, class_keys.values())
        self._class_keys, self._guideline = dict(class_keys), guideline

    def compose(self) -> ComposeResult:
        """Classes, keys, guideline and words, in a scrolling window."""
        with VerticalScroll(classes="window"):
            yield Static(self._keys(), markup=False)
            if self._guideline:
                yield Markdown(self._guideline, open_links=False)
            if self._class_keys:
                yield Static(_words(), markup=False)
            yield StatusLine()

    def _keys(self) -> Group:
        style = f"bold {palette.of(self.app).key}"
        commands = Table.grid(padding=(0, 2))
        for meaning, keys in _keys_by_meaning(self._commands, self._arrows).items():
            commands.add_row(Text(" ".join(keys), style=style, no_wrap=True), meaning)
        if not self._class_keys:
            return Group(Text.assemble(("Keys", "bold"), _CLOSES), commands)
        classes = Text.assemble(("Classes", "bold"), _CLOSES), Text("   ").join(_classes(self._class_keys, style))
        return Group(*classes, Text("\nKeys", style="bold"), commands)


class GuidelineScreen(Dialog[None]):
    """The classes and the guideline about them; closed by Escape, Enter, c or q."""

    BINDINGS: ClassVar[list[BindingType]] = [
        help_command("escape,c,q,enter", "dismiss", "guideline.close", "Go back to the previous screen.")
    ]

    def __init__(self, class_keys: Mapping[str, str], guideline: str) -> None:
        """class_keys: keys by class. guideline: Markdown about the classes."""
        super().__init__()
        self._class_keys, self._guideline = dict(class_keys), guideline

    def compose(self) -> ComposeResult:
        """Classes and guideline, in a scrolling window."""
        style = f"bold {palette.of(self.app).key}"
        with VerticalScroll(classes="window"):
            title = Text.assemble(("Classes", "bold"), _CLOSES)
            yield Static(Group(title, _class_table(self._class_keys, style)), markup=False)
            yield Markdown(self._guideline, open_links=False)
            yield StatusLine()


def _classes(class_keys: Mapping[str, str], style: str) -> list[Text]:
    """The classes with their keys, each of which stays on one line as far as it fits."""
    return [
        Text.assemble((display_key(key), style), "\N{NO-BREAK SPACE}" * bool(key), _unbroken(plain(name)))
        for name, key in class_keys.items()
    ]


def _unbroken(name: str) -> str:
    return name.replace(" ", "\N{NO-BREAK SPACE}")


def _class_table(class_keys: Mapping[str, str], style: str) -> Table:
    """The classes with their keys."""
    names = Table.grid(padding=(0, 2))
    for name, key in class_keys.items():
        names.add_row(Text(display_key(key), style=style), Text(plain(name)))
    return names


def _words() -> Group:
    """The glossary."""
    words = Table.grid(padding=(0, 2))
    words.add_column(width=_WORD)
    words.add_column(ratio=1)
    for word, meaning in GLOSSARY.items():
        words.add_row(Text(word, style="bold"), meaning)
    return Group(Text("\nWords", style="bold"), words)


def _keys_by_meaning(bindings: list[ActiveBinding], arrows: Mapping[str, str]) -> dict[str, list[str]]:
    """The keys of each command, by its meaning. arrows: letters that stand for arrow keys."""
    keys: dict[str, list[str]] = {}
    for bound in bindings:
        binding = bound.binding
        meaning = bound.tooltip or binding.tooltip or binding.description
        if meaning:
            keys.setdefault(meaning, []).extend([display_key(binding.key), *letters_of(arrows, binding.key)])
    return keys
