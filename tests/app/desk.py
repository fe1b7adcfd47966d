"""One screen at a terminal, without the app that decides what comes next: what the screen tells it is written down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.app import App
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen

import alc_tui.tui
from alc_tui.tui.messages import ContinueSession, NewSession, OpenSession, SessionCreated
from alc_tui.tui.palette import DARK, THEMES
from alc_tui.tui.terminal.delivery import GUARD_SECONDS
from tests.app.person import Onlooker


class Desk(App[None]):
    CSS_PATH = Path(alc_tui.tui.__file__).parent / "app.tcss"

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self._first = screen
        self.heard: list[Message] = []

    def on_mount(self) -> None:
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = DARK.name
        self.push_screen(self._first)

    def on_open_session(self, message: OpenSession) -> None:
        self.heard.append(message)

    def on_new_session(self, message: NewSession) -> None:
        self.heard.append(message)

    def on_session_created(self, message: SessionCreated) -> None:
        self.heard.append(message)

    def on_continue_session(self, message: ContinueSession) -> None:
        self.heard.append(message)


class Guest(Onlooker):
    """Somebody at the desk."""

    app: Desk
    guard = GUARD_SECONDS

    def __init__(self, pilot: Pilot[None], desk: Desk) -> None:
        self.pilot, self.app = pilot, desk

    async def types(self, text: str) -> None:
        await self.pilot.press(*("space" if key == " " else key for key in text))

    async def hears(self, kind: type[Any]) -> Any:
        """The message of this kind, once it has come."""
        await self.waits_until(lambda: any(isinstance(one, kind) for one in self.app.heard))
        return next(one for one in self.app.heard if isinstance(one, kind))

    def line(self, text: str) -> str:
        """The line of the screen on which it stands, empty if there is none."""
        return next((line for line in self.sees.splitlines() if text in line), "")


@asynccontextmanager
async def at(screen: Screen[Any], size: tuple[int, int] = (80, 24)) -> AsyncIterator[Guest]:
    """`async with at(Screen(…)) as guest`."""
    desk = Desk(screen)
    async with desk.run_test(size=size) as pilot:
        yield Guest(pilot, desk)
