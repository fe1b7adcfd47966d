"""Keys of a person are told from pasted text, from keys that are held down, and from late replies of a terminal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pytest
from textual import events
from textual.widgets import Input
from textual.widgets._toast import Toast

from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.dialogs.pick_class import PickClassScreen
from alc_tui.tui.terminal import keyboard
from alc_tui.tui.terminal.keyboard import KeyFilter
from alc_tui.tui.terminal.reports import BrokenInput
from tests.app.person import QUICK, Person, Sit
from tests.made_sessions import CLASSES

REAL = replace(QUICK, quiet=keyboard.QUIET_SECONDS, repeat=keyboard.REPEAT_SECONDS, broken=keyboard.BROKEN_SECONDS)
"""The keyboard's waits as a person meets them."""
PASSED_BY = {"escape", "tab", "left", "f3"}


@dataclass
class Typed:
    """What counts of keys with times, asked as by the app: a held-back key is let go when its time is over."""

    keys: KeyFilter = field(default_factory=KeyFilter)
    counted: list[str] = field(default_factory=list)
    held: tuple[str, float] | None = None

    def __call__(self, *typed: tuple[str, float]) -> list[str]:
        for key, at in typed:
            self.until(at)
            answer = (self.keys.press_undelayed if key in PASSED_BY else self.keys.press)(key, at)
            if key == "escape":
                self.keys.break_off(at)
            if self.held and answer.earlier_counts:
                self.counted.append(self.held[0])
            self.held = None
            if answer.hold == 0:
                self.counted.append(key)
            elif answer.hold is not None:
                self.held = key, at + answer.hold
        self.until(float("inf"))
        return self.counted

    def until(self, now: float) -> None:
        if self.held and self.held[1] <= now:
            self.keys.release()
            self.counted.append(self.held[0])
            self.held = None


def every(seconds: float, keys: Iterable[str], start: float = 0.0) -> list[tuple[str, float]]:
    return [(key, start + number * seconds) for number, key in enumerate(keys)]


def test_calm_keys_all_count() -> None:
    assert Typed()(*every(0.3, "1231")) == list("1231")


def test_calm_presses_of_the_same_key_each_count() -> None:
    assert Typed()(*every(0.25, "1111")) == list("1111")


def test_two_keys_of_a_fast_typist_both_count() -> None:
    assert Typed()(*every(0.05, "12")) == ["1", "2"]


@pytest.mark.parametrize("apart", [0.0, 0.0001, 0.005])
def test_a_page_of_digits_pasted_counts_nothing(apart: float) -> None:
    assert Typed()(*every(apart, "1234567890" * 40)) == []


def test_a_pasted_table_with_tabs_between_counts_nothing() -> None:
    cells = [("1", 0.0), ("tab", 0.0001), ("2", 0.0002), ("tab", 0.0003), ("enter", 0.0004)]
    assert Typed()(*cells) == ["tab", "tab"]


def test_a_paste_that_arrives_in_pieces_counts_nothing() -> None:
    pieces = [*every(0.0001, "123"), *every(0.0001, "4", 0.1), *every(0.0001, "56", 0.25), ("7", 0.5)]
    assert Typed()(*pieces) == []


def test_a_key_counts_again_once_the_line_was_quiet_after_a_paste() -> None:
    assert Typed()(*every(0.001, "123"), ("1", 0.25), ("2", 0.6)) == ["2"]


@pytest.mark.parametrize("delay", [0.25, 0.4, 0.5, 0.66])
@pytest.mark.parametrize("rate", [0.02, 0.033, 0.1])
def test_a_key_held_down_is_one_key(delay: float, rate: float) -> None:
    assert Typed()(("1", 0.0), *every(rate, "1" * 60, delay)) == ["1"]


def test_another_key_counts_after_one_was_held_down_and_the_line_was_quiet() -> None:
    held = [("1", 0.0), *every(0.03, "1" * 20, 0.4)]
    assert Typed()(*held, ("2", 0.97 + 0.2), ("2", 0.97 + 0.6)) == ["1", "2"]


def test_the_same_key_again_soon_counts_only_when_it_is_known_not_to_repeat() -> None:
    keys = KeyFilter()
    assert keys.press("1", 0.0) == keyboard.KeyOutcome(False, keyboard.SETTLE_SECONDS)
    keys.release()
    assert keys.press("1", 0.5) == keyboard.KeyOutcome(False, keyboard.HOLD_SECONDS)


def test_a_key_that_waits_to_be_known_counts_before_the_next_one() -> None:
    assert Typed()(("1", 0.0), ("1", 0.4), ("2", 0.45)) == ["1", "1", "2"]
    assert Typed()(("1", 0.0), ("1", 0.4), ("left", 0.45)) == ["1", "1", "left"]


@pytest.mark.parametrize("reply", ["[6;12R", "[?62;4c", "]11;rgb:1212/1212/1212", "[<0;13;21M", "P>|1.2"])
@pytest.mark.parametrize("apart", [0.0001, 0.02, 0.1])
def test_a_torn_reply_of_the_terminal_counts_nothing_but_its_escape(reply: str, apart: float) -> None:
    assert Typed()(("escape", 0.0), *every(apart, reply, apart)) == ["escape"]


def test_a_key_counts_a_second_after_an_escape_that_could_have_been_the_beginning_of_a_reply() -> None:
    assert Typed()(("escape", 0.0), ("1", 0.9)) == ["escape"]
    assert Typed()(("escape", 0.0), ("1", 1.1)) == ["escape", "1"]


@pytest.mark.parametrize("stall", [0.35, 0.6, 0.95])
def test_no_key_that_may_be_the_rest_of_an_unfinished_reply_counts(stall: float) -> None:
    keys = KeyFilter()
    keys.break_off(0.0)
    assert [keys.press(key, (1 + number) * stall).hold for number, key in enumerate("3;7R")] == [None] * 4
    assert keys.press("3", 4 * stall + 1.1).hold is not None


def test_arrows_are_never_held_back_and_do_no_harm_to_the_next_key() -> None:
    assert Typed()(("left", 0.0), ("left", 0.001), ("left", 0.002), ("1", 0.1)) == ["left", "left", "left", "1"]


def test_an_enter_held_since_it_chose_in_a_window_is_one_enter() -> None:
    assert Typed()(("enter", 0.0), *every(0.03, ["enter"] * 20, 0.5)) == ["enter"]


# through the app


def bytes_come(person: Person, text: str, at: float | None = None, apart: float = 0.0) -> None:
    """Characters as the terminal's driver makes keys of them: each `apart` seconds after the one before, by its time,
    however busy the machine is. at: the time of the first (monotonic), now by default."""
    names = {"\x1b": "escape", "\r": "enter", "\t": "tab", ";": "semicolon", "[": "left_square_bracket"}
    first = time.monotonic() if at is None else at
    for number, character in enumerate(text):
        key = events.Key(names.get(character, character), character)
        key.time = first + number * apart
        person.app._driver.send_message(key)  # type: ignore[union-attr]


async def settles(person: Person) -> None:
    await asyncio.sleep(keyboard.HOLD_SECONDS)
    await person.pilot.pause()


async def test_keys_in_a_burst_decide_nothing_and_a_single_key_does(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, timings=REAL) as person:
        await person.looks()
        for text in ("11231231231", "1\r2\r3\r", "1\t2\t3", "\x1b[6;12R", "1a"):
            bytes_come(person, text)
            await settles(person)
            await asyncio.sleep(keyboard.QUIET_SECONDS)
            assert person.decisions() == [], text
        await asyncio.sleep(keyboard.BROKEN_SECONDS)
        await person.presses("2")
        assert [label for _, _, label in person.decisions()] == [CLASSES[1]]


async def test_pasted_text_in_brackets_decides_nothing(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, timings=REAL) as person:
        await person.looks()
        person.app._driver.send_message(events.Paste("123\n123"))  # type: ignore[union-attr]
        await settles(person)
        assert person.decisions() == []
        await person.sees_notification("Pasted text is ignored")


async def test_a_text_that_is_pasted_in_many_parts_is_refused_with_one_message(
    session: SessionFolder, sit: Sit
) -> None:
    async with sit(session, timings=REAL) as person:
        await person.looks()
        for _ in range(6):
            person.app._driver.send_message(events.Paste("123"))  # type: ignore[union-attr]
            await settles(person)
        await person.sees_notification("Pasted text is ignored")
        assert len(person.app._notifications) == 1


async def test_keys_that_nobody_types_are_refused_with_one_sentence(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, timings=REAL) as person:
        await person.looks()
        bytes_come(person, "11231231231")
        await settles(person)
        await person.sees_notification("sent all at once")
        assert len(person.app._notifications) == 1 and person.decisions() == []


async def test_a_key_held_down_decides_one_sample(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, timings=REAL) as person:
        await person.presses("1")
        await person.looks()
        bytes_come(person, "1" * 10, time.monotonic() + 0.25, apart=0.03)
        await settles(person)
        assert len(person.decisions()) == 1


async def test_a_digit_does_not_overtake_the_enter_before_it(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, timings=REAL) as person:
        item = person.service.next_item()
        assert item is not None
        await person.looks()
        bytes_come(person, "\r12", apart=keyboard.BURST_SECONDS + 0.002)
        await settles(person)
        assert person.decisions()[:1] == [(item.sample, "label", item.given)]


async def test_fast_typing_into_a_field_loses_nothing(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, timings=REAL) as person:
        await person.presses("slash")
        await person.waits_until(lambda: person.is_at(PickClassScreen))
        bytes_come(person, "aassff1122")
        await settles(person)
        assert person.app.screen.query_one(Input).value == "aassff1122"


async def test_lines_pasted_into_the_class_field_decide_nothing(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, timings=REAL) as person:
        await person.presses("slash")
        await person.waits_until(lambda: person.is_at(PickClassScreen))
        bytes_come(person, "ME\rNV\rBCC\r")
        await settles(person)
        assert person.decisions() == []


async def test_an_enter_held_down_in_the_class_field_decides_one_sample(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, timings=REAL) as person:
        await person.presses("slash")
        await person.waits_until(lambda: person.is_at(PickClassScreen))
        bytes_come(person, "\r")
        await person.waits_until(lambda: len(person.decisions()) == 1)
        await person.looks()
        bytes_come(person, "\r" * 8, time.monotonic() + 0.5, apart=0.03)
        await settles(person)
        assert len(person.decisions()) == 1


async def test_a_key_refused_after_half_a_reply_is_told_once_and_counts_after_a_second(
    session: SessionFolder, sit: Sit
) -> None:
    async with sit(session, timings=REAL) as person:
        await person.looks()
        torn = time.monotonic()
        person.app._driver.send_message(BrokenInput(torn))  # type: ignore[union-attr]
        for later in (0.2, 0.4):
            bytes_come(person, "2", torn + later)
            await settles(person)
        assert person.decisions() == []
        await person.sees_text("Keys count again")
        assert len(person.app.screen.query(Toast)) == 1
        await asyncio.sleep(keyboard.BROKEN_SECONDS + 0.4)
        await person.presses("2")
        assert [label for _, _, label in person.decisions()] == [CLASSES[1]]


async def test_an_escape_that_the_terminal_reports_as_a_key_does_not_delay_the_next_key(
    session: SessionFolder, sit: Sit
) -> None:
    async with sit(session, timings=REAL) as person:
        await person.looks()
        person.app._driver.send_message(events.Key("escape", None))  # type: ignore[union-attr]
        await person.presses("2")
        assert len(person.decisions()) == 1
