"""The status line below a screen's content. Independent of screens."""

from __future__ import annotations

from textual.widgets import Static

from alc_tui.text.format import plain


class StatusLine(Static):
    """One per screen, empty at first."""

    DEFAULT_CSS = """
    StatusLine { height: auto; max-height: 5; min-height: 1; padding: 0 1; color: $text-muted; }
    StatusLine.-error { color: $error; text-style: bold; }
    StatusLine.-refused { background: $warning; color: $background; text-style: bold; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show_message(self, text: str, is_error: bool = False) -> None:
        """Replace the sentence; an empty text clears the line."""
        self.set_class(is_error, "-error")
        self.remove_class("-refused")
        self.update(plain(f"✗ {text}" if is_error else text))

    def refuse(self, text: str) -> None:
        """Say why a key had no effect, so that it cannot be missed: across the whole line, and with the bell."""
        self.remove_class("-error")
        self.add_class("-refused")
        self.update(plain(f"✗ {text}"))
        self.app.bell()
