"""The keys of the labeling screen and what they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from alc_tui.tui import palette
from alc_tui.tui.keys import class_keys
from alc_tui.tui.text import plain

_COMMANDS = (
    ("Enter", "keep the given label: it is confirmed"),
    ("a", "take the model's label"),
    ("s", "skip: no verdict, the image stays in the noisy set"),
    ("f", "flag: set aside for a second look, no label"),
    ("x", "exclude: the image is of no use and leaves the training"),
    ("u", "undo the last verdict and go back to its image, as often as you like, until the round is retrained"),
    ("PgUp PgDn", "scroll the classes"),
    ("q", "quit: every verdict is on disk, `alc session label` goes on here"),
)

_KEY = f"bold {palette.KEY}"


class HelpScreen(ModalScreen[None]):
    """Any of Escape, Enter, ? and q closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter", "dismiss", "Close", show=False)]

    def __init__(self, classes: Sequence[str]) -> None:
        super().__init__()
        self._class_names = tuple(classes)

    def compose(self) -> ComposeResult:
        """The text, scrolling."""
        with VerticalScroll(classes="window"):
            yield Static(_help(self._class_names), markup=False)


def _help(classes: tuple[str, ...]) -> Group:
    keys = class_keys(len(classes))
    commands, names = Table.grid(padding=(0, 2)), Table.grid(padding=(0, 2))
    for key, meaning in _COMMANDS:
        commands.add_row(Text(key, style=_KEY, no_wrap=True), meaning)
    for key, name in zip(keys, classes, strict=False):
        names.add_row(Text(key, style=_KEY), Text(plain(name)))
    parts: list[RenderableType] = [
        Text.assemble(("Keys", "bold"), "  (Escape closes)\n"),
        commands,
        Text("\nA key counts once its image has been on the screen for 150 ms; pasted text never does.\n"),
        Text("Classes\n", style="bold"),
        names,
    ]
    without = ", ".join(plain(name) for name in classes[len(keys) :])
    if without:
        parts.append(Text(f"\nThere are more classes than keys; Enter and a still reach those without one: {without}."))
    return Group(*parts)
