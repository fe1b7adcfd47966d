"""A dialog that asks for confirmation before an action."""

from __future__ import annotations

import time
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from alc_tui.tui.commands import footer_command
from alc_tui.tui.dialogs.dialog import Dialog
from alc_tui.tui.keys import display_key, keys_of
from alc_tui.tui.terminal.delivery import GUARD_SECONDS, DeliveryConfirmation, is_too_early
from alc_tui.tui.widgets.status_line import StatusLine


class ConfirmScreen(Dialog[bool]):
    """Returns True for y, which counts only once the question is visible, and False for n or Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        footer_command("y", "yes", "Yes", "confirm.yes", "Yes."),
        footer_command("n,escape", "dismiss(False)", "No", "confirm.no", "Cancel."),
    ]

    def __init__(self, question: str, delivery: DeliveryConfirmation | None) -> None:
        """delivery: the app's; None without a terminal."""
        super().__init__()
        self._question, self._delivery = question, delivery
        self._seen_at: float | None = None
        self._pressed_at = 0.0

    def compose(self) -> ComposeResult:
        """The question, its answers, and why an answer was ignored."""
        with Vertical(classes="window"):
            yes, no = (display_key(keys_of(self, f"confirm.{name}")[0]) for name in ("yes", "no"))
            yield Static(f"{self._question}\n\n{yes}  yes      {no}  no", markup=False)
            yield StatusLine()

    def on_screen_resume(self) -> None:
        """Wait until the question is painted, for the first time or again."""
        self._seen_at = None
        self.call_after_refresh(self.call_after_refresh, self._painted)

    async def press(self, event: events.Key) -> bool:
        """Take the keys here, with the times at which they were pressed."""
        self._pressed_at = event.time
        return await self.press_bound(event)

    def action_yes(self) -> None:
        """Confirm, unless there was no time to read the question."""
        guard = GUARD_SECONDS if self._delivery is None else self._delivery.guard
        if is_too_early(self._pressed_at, self._seen_at, guard):
            self.refuse("That key was pressed before this question appeared, so it was ignored.")
        else:
            self.dismiss(True)

    def _painted(self) -> None:
        if self._delivery is None:
            self._received(time.monotonic())
        else:
            self._delivery.ask(self._received)

    def _received(self, at: float) -> None:
        self._seen_at = at
