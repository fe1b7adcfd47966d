"""Somebody at the terminal, who looks before pressing a key."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from textual import events
from textual.app import App
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot
from textual.screen import Screen

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import Journal
from alc_tui.tui.app import AlcApp
from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.timings import Timings

QUICK = Timings(guard=0.02, quiet=0.02, repeat=0.0, broken=0.02, training=0.05, last_event=0.6)
"""The same app with less waiting."""
SomeScreen = TypeVar("SomeScreen", bound=Screen[Any])


class Onlooker:
    """Reads a screen. guard: seconds that something must be on it before a key that decides about it counts."""

    pilot: Pilot[Any]
    app: App[Any]
    guard: float

    @property
    def sees(self) -> str:
        """All that is on the screen, as text."""
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in line) for line in lines)

    def screen(self, kind: type[SomeScreen]) -> SomeScreen:
        """The screen that is shown, which is of this kind."""
        assert isinstance(self.app.screen, kind)
        return self.app.screen

    def is_at(self, screen: type[Any]) -> bool:
        return isinstance(self.app.screen, screen)

    async def waits_until(self, is_so: Callable[[], bool], seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, f"It never happened; the screen is\n{self.sees}"
            await self.pilot.pause(0.01)

    async def sees_text(self, text: str) -> None:
        await self.waits_until(lambda: text in self.sees)

    async def sees_notification(self, text: str) -> None:
        """A notification with this text, which may be wrapped on the screen."""
        await self.waits_until(lambda: any(text in one.message for one in self.app._notifications))

    async def reads_the_question(self) -> None:
        """Wait until a question has been on the screen long enough to be answered."""
        await self.waits_until(
            lambda: isinstance(self.app.screen, ConfirmScreen) and self.app.screen._seen_at is not None
        )
        await asyncio.sleep(self.guard + 0.01)


class Person(Onlooker):
    """Drives the app with keys and reads its screen."""

    app: AlcApp

    def __init__(self, pilot: Pilot[int], service: SessionService) -> None:
        self.pilot, self.service = pilot, service
        assert isinstance(pilot.app, AlcApp)
        self.app = pilot.app

    @property
    def guard(self) -> float:
        """The app's; a test may change it."""
        return self.app._delivery.guard

    @guard.setter
    def guard(self, seconds: float) -> None:
        self.app._delivery.guard = seconds

    async def looks(self) -> None:
        """Wait until the sample (or the end of the round) has been on the screen long enough to be judged."""
        await self.waits_until(lambda: isinstance(self.app.screen, LabelScreen) and self.app.screen.can_decide)
        await asyncio.sleep(self.guard + 0.01)

    async def presses(self, *keys: str) -> None:
        """Press each key after a look."""
        for key in keys:
            await self.looks()
            event = _typed(key)
            self.app._driver.send_message(event)  # type: ignore[union-attr]
            await self.waits_until(lambda event=event: self.app._key_delay._filter._last >= event.time)  # type: ignore[misc]
            await self.waits_until(lambda: self.app._key_delay.held is None)
            await self.pilot.pause(0)

    def decisions(self) -> list[tuple[str, str, str | None]]:
        """(sample, kind, label) of what the journal on disk holds."""
        return [(one.sample, one.kind, one.label) for one in Journal(self.service.folder.journal).decisions]


def _typed(key: str) -> events.Key:
    """What a terminal's driver makes of a key; `Pilot.press` would also wait until the machine is idle."""
    name = _character_to_key(key) if len(key) == 1 else key
    try:
        return events.Key(name, unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(name, name))))
    except KeyError:
        return events.Key(name, None)


Sit = Callable[..., AbstractAsyncContextManager[Person]]
