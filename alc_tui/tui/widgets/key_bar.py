"""The bottom line of a screen: its keys, as many as fit."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

_HELP = "app.help"
_PALETTE = "-command-palette"


class KeyBar(Footer):
    """Shows no key in part. What does not fit is left out, from the end; help, which lists all keys, always stays."""

    def __init__(self) -> None:
        super().__init__(compact=True)
        self._width = 0

    def compose(self) -> ComposeResult:
        """The keys that fit."""
        self._width = self.size.width
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        importance = [2 if key.action == _HELP else 0 if key.has_class(_PALETTE) else 1 for key in keys]
        yield from (keys[place] for place in fitting([_columns(key) for key in keys], importance, self._width))

    def on_resize(self, _event: events.Resize) -> None:
        """Show those that fit now."""
        if self.size.width != self._width:
            self.refresh(recompose=True)


def fitting(columns: Sequence[int], importance: Sequence[int], width: int) -> list[int]:
    """The places of the keys that fit into the width: the most important ones and, of those, the first.

    columns: of each key.
    """
    shown: list[int] = []
    for place in sorted(range(len(columns)), key=lambda place: (-importance[place], place)):
        width -= columns[place]
        if width < 0:
            break
        shown.append(place)
    return sorted(shown)


def _columns(key: FooterKey) -> int:
    """The columns of a key and of the space, or the line, beside it."""
    return cell_len(key.key_display) + 1 + cell_len(key.description) + 1
