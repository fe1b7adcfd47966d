"""Whatever asks closes once and takes its keys, however quickly they follow each other, and says which it does not
take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual import events
from textual.widgets import Footer, OptionList

from alc_tui.tui.app_screen import AppScreen
from alc_tui.tui.dialogs.ask import AskScreen
from alc_tui.tui.dialogs.choose import ChooseScreen
from alc_tui.tui.dialogs.command_palette import Palette
from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.dialogs.help import GuidelineScreen, HelpScreen
from alc_tui.tui.dialogs.pick_class import PickClassScreen
from alc_tui.tui.dialogs.viewer import ViewerScreen
from alc_tui.tui.widgets.status_line import StatusLine
from tests.app.desk import Guest, at

DIALOGS: dict[str, Callable[[], AppScreen[Any]]] = {
    "ask": lambda: AskScreen("Why?", "because"),
    "choose": lambda: ChooseScreen("Which?", {"csv": "a table", "folders": "images"}),
    "confirm": lambda: ConfirmScreen("Delete?", None),
    "guideline": lambda: GuidelineScreen({"NV": "1"}, "Brown."),
    "help": lambda: HelpScreen(Below(), {}, None),
    "palette": Palette,
    "pick a class": lambda: PickClassScreen("Which class?", ["NV", "MEL"], ["1", "2"]),
    "viewer": lambda: ViewerScreen("http://127.0.0.1/x", "ssh -L"),
}
WITH_KEYS = ("choose", "confirm", "guideline", "help", "viewer")
"""Those whose keys are commands, not text."""


class Below(AppScreen[object]):
    """A screen that opens another one, and keeps the keys that reach it."""

    def __init__(self) -> None:
        super().__init__()
        self.pressed: list[str] = []

    def compose(self) -> Any:
        yield StatusLine()
        yield Footer()

    async def press(self, event: events.Key) -> bool:
        self.pressed.append(event.key)
        return True


async def opened(guest: Guest, name: str) -> AppScreen[Any]:
    """The dialog, on top of a screen."""
    guest.app.push_screen(dialog := DIALOGS[name]())
    await guest.waits_until(lambda: guest.app.screen is dialog and dialog.is_mounted)
    await guest.pilot.pause()
    return dialog


@pytest.mark.parametrize("name", DIALOGS)
async def test_two_escapes_at_once_close_one_screen(name: str) -> None:
    below = Below()
    async with at(below) as guest:
        dialog = await opened(guest, name)
        for _ in range(2):
            (dialog.focused or dialog)._forward_event(events.Key("escape", None))
        await guest.waits_until(lambda: guest.app.screen is below)
        await guest.pilot.pause(0.05)
        assert guest.app.screen is below


@pytest.mark.parametrize("name", DIALOGS)
async def test_what_answers_twice_closes_one_screen(name: str) -> None:
    below = Below()
    async with at(below) as guest:
        dialog = await opened(guest, name)
        for _ in range(2):
            dialog.dismiss(None)
        await guest.pilot.pause(0.05)
        assert guest.app.screen is below


async def test_two_clicks_on_a_choice_choose_once() -> None:
    below, answers = Below(), list[str | None]()
    async with at(below) as guest:
        guest.app.push_screen(choose := ChooseScreen("Which?", {"csv": "a table"}), answers.append)
        await guest.waits_until(lambda: choose.is_mounted and len(choose.query(OptionList)) > 0)
        options = choose.query_one(OptionList)
        for _ in range(2):
            options.action_select()
        await guest.waits_until(lambda: guest.app.screen is below)
        await guest.pilot.pause(0.05)
        assert guest.app.screen is below and answers == ["csv"]


async def test_a_screen_that_closes_later_closes_what_covers_it() -> None:
    below, second = Below(), Below()
    async with at(below) as guest:
        guest.app.push_screen(second)
        await guest.waits_until(lambda: guest.app.screen is second)
        await opened(guest, "help")
        second.dismiss()
        await guest.waits_until(lambda: guest.app.screen is below)


async def test_a_key_that_reaches_a_covered_screen_belongs_to_the_one_on_top() -> None:
    below = Below()
    async with at(below) as guest:
        dialog = await opened(guest, "confirm")
        below.post_message(events.Key("z", "z"))
        await guest.sees_text("z has no effect here")
        below.post_message(events.Key("n", "n"))
        await guest.waits_until(lambda: guest.app.screen is below)
        dialog.post_message(events.Key("z", "z"))
        await guest.pilot.pause(0.05)
        assert below.pressed == []


@pytest.mark.parametrize("name", WITH_KEYS)
async def test_a_key_that_means_nothing_says_so(name: str) -> None:
    async with at(Below()) as guest:
        dialog = await opened(guest, name)
        assert "no effect" not in guest.sees
        await guest.pilot.press("z")
        await guest.sees_text("z has no effect here. Press one of the keys that")
        assert guest.app.screen is dialog
