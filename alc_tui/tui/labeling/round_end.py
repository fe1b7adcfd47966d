"""The end of a round or of a pass: says what is decided and what is left, and waits for a key."""

from __future__ import annotations

from textual.widgets import Static

from alc_tui.text.format import plain


class RoundEnd(Static):
    """A few lines in the middle of the screen."""

    DEFAULT_CSS = """
    RoundEnd { height: 1fr; content-align: center middle; text-align: center; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show(self, text: str) -> None:
        """Show these lines."""
        self.update("\n".join(map(plain, text.splitlines())))
