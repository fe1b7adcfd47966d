"""Delays keys until it is clear that a person pressed them, then passes them on in order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from textual import events
from textual.app import App
from textual.timer import Timer
from textual.widgets import Input

from alc_tui.tui.terminal.keyboard import KeyFilter
from alc_tui.tui.terminal.timer import call_after

UNFINISHED = "The terminal sent half a key or half a reply. Keys count again after a second without any."
TOO_FAST = "Keys that are held down, pasted, or sent all at once are ignored. Press one at a time."


class KeyDelay:
    """Stands between the terminal and the screens of an app. `held`: the key that is held back, if any.

    refuse: called with the reason for the first of several keys that do not count.
    """

    def __init__(
        self,
        app: App[Any],
        pass_on: Callable[[events.Key], Awaitable[None]],
        key_filter: KeyFilter,
        refuse: Callable[[str], None],
    ) -> None:
        self._app, self._pass_on, self._filter, self._refuse = app, pass_on, key_filter, refuse
        self._timer: Timer | None = None
        self._has_refused = False
        self.held: events.Key | None = None

    def break_off(self, at: float) -> None:
        """The terminal left an escape sequence unfinished at `at` (monotonic)."""
        self._filter.break_off(at)

    async def take(self, event: events.Key) -> None:
        """Pass the key on now, later or never. In a text field, all keys except Enter pass immediately; on a form, all
        keys do."""
        if getattr(self._app.screen, "TAKES_TEXT", False):
            await self._pass_on(event)
            return
        is_text = event.is_printable and not isinstance(self._app.focused, Input)
        is_broken = self._filter.is_broken(event.time)
        if is_text or event.key == "enter":
            answer = self._filter.press(event.key, event.time)
        else:
            answer = self._filter.press_undelayed(event.key, event.time)
        if self._timer is not None:
            self._timer.stop()
        held, self.held = self.held, None
        self._has_refused = self._has_refused and answer.hold is None
        if held is not None and answer.earlier_counts:
            await self._pass_on(held)
        if answer.hold == 0:
            await self._pass_on(event)
        elif answer.hold is not None:
            self.held, self._timer = event, call_after(self._app, answer.hold, partial(self._release, event))
        elif not self._has_refused:
            self._has_refused = True
            self._refuse(UNFINISHED if is_broken else TOO_FAST)
        if event.key == "escape" and event.character is not None:
            self.break_off(event.time)

    async def _release(self, event: events.Key) -> None:
        if event is self.held:
            self._filter.release()
            self.held = None
            await self._pass_on(event)
