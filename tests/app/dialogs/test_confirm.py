"""A question is answered by who has read it: a yes counts once it has been on the terminal, a no always."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.screen import Screen
from textual.widgets import Footer

from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.keymap import check_keys
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.terminal.delivery import GUARD_SECONDS, DeliveryConfirmation
from tests.app.desk import Guest, at

NOT_YET = "before this question appeared"
Then = Callable[[float], None]


class Asker(Screen[None]):
    """Asks at once and keeps the answers."""

    def __init__(self, terminal: DeliveryConfirmation | None) -> None:
        super().__init__()
        self.answers: list[bool | None] = []
        self._terminal = terminal

    def compose(self) -> Any:
        yield Footer()

    def on_mount(self) -> None:
        self.app.push_screen(ConfirmScreen("Delete [it]?", self._terminal), self.answers.append)


class Slow:
    """A terminal that has received nothing until the test says so."""

    guard = GUARD_SECONDS

    def __init__(self) -> None:
        self.asked: list[Then] = []

    def ask(self, then: Then) -> None:
        self.asked.append(then)

    def receives(self, at: float) -> None:
        self.asked[-1](at)


async def is_asked(guest: Guest) -> ConfirmScreen:
    await guest.sees_text("Delete [it]?")
    return guest.screen(ConfirmScreen)


def pressed(screen: ConfirmScreen) -> float:
    return screen._pressed_at


async def test_a_yes_that_has_read_the_question_is_one() -> None:
    asker = Asker(None)
    async with at(asker) as guest:
        await is_asked(guest)
        await guest.reads_the_question()
        await guest.pilot.press("y")
        await guest.waits_until(lambda: asker.answers == [True])


async def test_a_yes_before_the_terminal_has_the_question_is_ignored_with_a_sentence() -> None:
    slow = Slow()
    asker = Asker(slow)  # type: ignore[arg-type]
    async with at(asker) as guest:
        screen = await is_asked(guest)
        await guest.waits_until(lambda: len(slow.asked) == 1)
        await guest.pilot.pause(2 * GUARD_SECONDS)
        await guest.pilot.press("y")
        await guest.sees_text(NOT_YET)
        slow.receives(pressed(screen) + 1000)
        await guest.pilot.press("y")
        assert asker.answers == [] and guest.is_at(ConfirmScreen)
        slow.asked[0](pressed(screen) - 1)
        await guest.pilot.press("y")
        await guest.waits_until(lambda: asker.answers == [True])


@pytest.mark.parametrize(("later", "answers"), [(0.149, []), (0.151, [True])])
async def test_a_yes_counts_150_milliseconds_after_the_terminal_has_the_question(
    later: float, answers: list[bool]
) -> None:
    slow = Slow()
    asker = Asker(slow)  # type: ignore[arg-type]
    async with at(asker) as guest:
        screen = await is_asked(guest)
        await guest.waits_until(lambda: len(slow.asked) == 1)
        slow.receives(100.0)
        screen._pressed_at = 100.0 + later
        screen.action_yes()
        await guest.pilot.pause()
        assert asker.answers == answers


@pytest.mark.parametrize("key", ["n", "escape"])
async def test_a_no_needs_no_reading(key: str) -> None:
    slow = Slow()
    asker = Asker(slow)  # type: ignore[arg-type]
    async with at(asker) as guest:
        await is_asked(guest)
        await guest.pilot.press(key)
        await guest.waits_until(lambda: asker.answers == [False])


async def test_a_covered_question_has_to_be_read_again() -> None:
    slow = Slow()
    asker = Asker(slow)  # type: ignore[arg-type]
    async with at(asker) as guest:
        screen = await is_asked(guest)
        await guest.waits_until(lambda: len(slow.asked) == 1)
        slow.receives(0.0)
        guest.app.push_screen(Screen())
        await guest.pilot.pause()
        guest.app.pop_screen()
        await guest.waits_until(lambda: len(slow.asked) == 2)
        await guest.pilot.press("y")
        await guest.sees_text(NOT_YET)
        slow.receives(pressed(screen) - 1)
        await guest.pilot.press("y")
        await guest.waits_until(lambda: asker.answers == [True])


async def test_its_keys_may_be_others_and_are_shown_as_they_are() -> None:
    changed = {"confirm.yes": "j", "confirm.no": "k"}
    check_keys(Preferences(keys=changed), ())
    asker = Asker(None)
    async with at(asker) as guest:
        await is_asked(guest)
        assert "y  yes      n  no" in guest.sees
        await guest.pilot.press("n")
        guest.app.set_keymap(changed)
        guest.app.push_screen(ConfirmScreen("Delete [it]?", None), asker.answers.append)
        await guest.sees_text("j  yes      k  no")
        await guest.reads_the_question()
        await guest.pilot.press("y", "n")
        assert guest.is_at(ConfirmScreen)
        await guest.pilot.press("j")
        await guest.waits_until(lambda: asker.answers == [False, True])
