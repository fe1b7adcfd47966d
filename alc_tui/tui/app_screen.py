"""What all screens have in common: they close once, take keys only while they are on top, and never ignore one
silently."""

from __future__ import annotations

from textual import events
from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType
from textual.widgets import Input

from alc_tui.tui.keys import key_in_words
from alc_tui.tui.widgets.status_line import StatusLine

NO_MEANING = "{} is neither the key of a class nor of a command here. Press ? for help."


class AppScreen(Screen[ScreenResultType]):
    """Has a `StatusLine` that says why a key has no effect, unless all keys write text (`TAKES_TEXT`)."""

    NO_MEANING = NO_MEANING
    """The sentence about a key that means nothing here."""
    TAKES_TEXT = False

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close this screen with all that cover it, once: a second key or click closes no other screen."""
        if self not in self.app.screen_stack:
            return AwaitComplete()
        while not self.is_active:
            self.app.pop_screen()
        return super().dismiss(result)

    async def on_event(self, event: events.Event) -> None:
        """Pass a key on that arrives after another screen has opened; after this one has closed, it means nothing."""
        if not isinstance(event, events.Key) or self.is_active:
            await super().on_event(event)
        elif self in self.app.screen_stack:
            event.stop()
            _pass_on(event, self.app.screen)

    async def on_key(self, event: events.Key) -> None:
        """Handle a key, or say why it has no effect; bindings that remain run in the app."""
        if await self.press(event):
            event.stop()
        elif not self._is_writing and event.key not in self.active_bindings and is_pressed(event):
            event.stop()
            self.refuse(self.why_not(event))

    async def press(self, _event: events.Key) -> bool:
        """Handle a key, in the order in which they were pressed; returns whether that is all there is to do."""
        return False

    async def press_bound(self, event: events.Key) -> bool:
        """Run the command of this screen that has the key, if one has; returns whether one has."""
        bound = self.active_bindings.get(event.key)
        if bound is None or bound.node is not self:
            return False
        await self.run_action(bound.binding.action)
        return True

    def why_not(self, event: events.Key) -> str:
        """Why a key has no effect now."""
        return self.NO_MEANING.format(key_in_words(event.key))

    def refuse(self, text: str) -> None:
        """Say why a key had no effect."""
        self.query_one(StatusLine).refuse(text)

    @property
    def _is_writing(self) -> bool:
        return self.TAKES_TEXT or isinstance(self.focused, Input)


def is_pressed(event: events.Key) -> bool:
    """Whether somebody who presses this key waits for an effect."""
    return event.is_printable or event.key in ("enter", "backspace", "tab", "pageup", "pagedown", "home", "end")


def _pass_on(event: events.Key, screen: Screen[object]) -> None:
    key = events.Key(event.key, event.character)
    key.time = event.time
    (screen.focused or screen)._forward_event(key)  # as the app does, which knows no other way
