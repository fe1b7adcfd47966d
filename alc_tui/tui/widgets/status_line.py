"""The line under a screen's content that says what happened, or why it did not. Knows no screen."""

from __future__ import annotations

from textual.widgets import Static

from alc_tui.text.format import plain


class StatusLine(Static):
    """One to a screen, empty at first."""

    def __init__(self) -> None:
        super().__init__(id="said", markup=False)

    def say(self, text: str, is_error: bool = False) -> None:
        """Instead of what was said before; nothing for an empty text."""
        self.set_class(is_error, "-error")
        self.update(plain(f"✗ {text}" if is_error else text))
