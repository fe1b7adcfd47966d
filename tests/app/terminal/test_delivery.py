"""Whether the terminal has received a picture is known from its answers alone, and from its silence if it has none."""

from __future__ import annotations

import re
from math import inf
from typing import Any

import pytest
from textual import events
from textual.geometry import Size

from alc_tui.tui.terminal import delivery
from alc_tui.tui.terminal.delivery import DeliveryConfirmation


class Wall:
    """An app with a terminal that only takes down what is written to it, and timers that a test fires."""

    def __init__(self, size: tuple[int, int] = (80, 24), is_headless: bool = False) -> None:
        self.size, self.is_headless = Size(*size), is_headless
        self.sent: list[str] = []
        self.timers: list[Any] = []
        self._driver = self

    def write(self, text: str) -> None:
        self.sent.append(text)

    @property
    def written(self) -> int:
        """Bytes."""
        return sum(map(len, self.sent))

    def set_timer(self, seconds: float, then: Any) -> Any:
        assert seconds == delivery.RETRY_SECONDS
        self.timers.append(Timer(then))
        return self.timers[-1]

    def wait(self) -> None:
        """Until the question would be asked again."""
        timer = self.timers[-1]
        if not timer.stopped:
            timer.then()

    def asked(self, number: int = -1) -> tuple[int, int]:
        """The cell in which the cursor was put for a question: column and row from 1."""
        found = re.fullmatch(r"\x1b\[(\d+);(\d+)H\x1b\[6n", self.sent[number])
        assert found
        return int(found[2]), int(found[1])

    def answer(self, confirmation: DeliveryConfirmation, number: int = -1, at: float = 7.0) -> None:
        column, row = self.asked(number)
        event = events.CursorPosition(column - 1, row - 1)
        event.time = at
        confirmation.receive(event)


class Timer:
    def __init__(self, then: Any) -> None:
        self.then, self.stopped = then, False

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def now() -> list[float]:
    """The time, to be set."""
    return [100.0]


def pass_time(wall: Wall, now: list[float], seconds: float) -> None:
    """Until the question would be asked again, so much later."""
    now[0] += seconds
    wall.wait()


def test_the_receipt_carries_the_time_of_the_answer(wall: Wall) -> None:
    came: list[float] = []
    confirmation = DeliveryConfirmation(wall)  # type: ignore[arg-type]
    confirmation.ask(came.append)
    assert came == []
    wall.answer(confirmation, at=12.5)
    assert came == [12.5]
    wall.answer(confirmation, at=13.0)
    assert came == [12.5]


def test_an_answer_to_an_earlier_question_is_ignored(wall: Wall) -> None:
    first: list[float] = []
    second: list[float] = []
    confirmation = DeliveryConfirmation(wall)  # type: ignore[arg-type]
    confirmation.ask(first.append)
    confirmation.ask(second.append)
    wall.answer(confirmation, 0, at=1.0)
    assert (first, second) == ([], [])
    wall.answer(confirmation, 1, at=2.0)
    assert (first, second) == ([], [2.0])


def test_a_thousand_questions_in_a_row_are_asked_from_different_cells_none_of_them_in_the_first_row(wall: Wall) -> None:
    confirmation = DeliveryConfirmation(wall)  # type: ignore[arg-type]
    for _ in range(1000):
        confirmation.ask(lambda _: None)
    places = [wall.asked(number) for number in range(1000)]
    assert len(set(places)) == 1000
    assert all(1 <= column <= 80 and 2 <= row <= 24 for column, row in places)


@pytest.mark.parametrize("size", [(80, 1), (1, 1), (1, 2), (0, 0)])
def test_a_tiny_terminal_gets_a_receipt(size: tuple[int, int]) -> None:
    wall = Wall(size)
    confirmation = DeliveryConfirmation(wall)  # type: ignore[arg-type]
    for _ in range(3):
        confirmation.ask(lambda _: None)
    assert len(wall.sent) == 3


def test_a_question_without_an_answer_is_asked_again_from_the_same_cell(wall: Wall) -> None:
    came: list[float] = []
    confirmation = DeliveryConfirmation(wall)  # type: ignore[arg-type]
    confirmation.ask(came.append)
    wall.wait()
    assert wall.sent[1] == wall.sent[0]
    wall.answer(confirmation, at=3.0)
    assert came == [3.0]


def test_a_terminal_that_never_answers_is_waited_for_five_seconds_and_then_no_more(
    wall: Wall, now: list[float]
) -> None:
    came: list[float] = []
    confirmation = DeliveryConfirmation(wall, clock=lambda: now[0])  # type: ignore[arg-type]
    confirmation.ask(came.append)
    for _ in range(4):
        pass_time(wall, now, 1.0)
        assert came == []
    pass_time(wall, now, 1.0)
    assert came == [105.0]
    confirmation.ask(came.append)
    assert came == [105.0, 105.0]
    assert not confirmation.is_waiting


def test_an_app_that_got_no_processor_time_asks_again_before_it_gives_up(wall: Wall, now: list[float]) -> None:
    came: list[float] = []
    confirmation = DeliveryConfirmation(wall, clock=lambda: now[0])  # type: ignore[arg-type]
    confirmation.ask(came.append)
    for _ in range(3):
        pass_time(wall, now, 60.0)
    assert (came, len(wall.sent)) == ([], 4)
    wall.answer(confirmation, at=281.0)
    assert came == [281.0]


def test_a_terminal_that_has_answered_once_is_waited_for_however_long_it_takes(wall: Wall, now: list[float]) -> None:
    came: list[float] = []
    confirmation = DeliveryConfirmation(wall, clock=lambda: now[0])  # type: ignore[arg-type]
    confirmation.ask(lambda _: None)
    wall.answer(confirmation)
    confirmation.ask(came.append)
    for _ in range(60):
        pass_time(wall, now, 1.0)
    assert came == []
    wall.answer(confirmation, at=170.0)
    assert came == [170.0]


@pytest.mark.parametrize("answered", [0, -1], ids=["to the first query", "to one after it was given up"])
def test_an_answer_after_all_makes_it_a_terminal_that_answers(wall: Wall, now: list[float], answered: int) -> None:
    came: list[float] = []
    confirmation = DeliveryConfirmation(wall, clock=lambda: now[0])  # type: ignore[arg-type]
    confirmation.ask(lambda _: None)
    for _ in range(5):
        pass_time(wall, now, 1.0)
    confirmation.ask(came.append)
    assert came == [105.0]
    wall.answer(confirmation, answered, at=106.0)
    confirmation.ask(came.append)
    assert came == [105.0]
    wall.answer(confirmation, at=109.0)
    assert came == [105.0, 109.0]


def test_without_a_terminal_the_receipt_is_immediate(now: list[float]) -> None:
    wall, came = Wall(is_headless=True), list[float]()
    DeliveryConfirmation(wall, clock=lambda: now[0]).ask(came.append)  # type: ignore[arg-type]
    assert came == [100.0]
    assert wall.sent == []


# how fast the line is


async def test_the_line_is_measured_from_the_answer_before_a_picture_to_the_answer_after_it(
    wall: Wall, now: list[float]
) -> None:
    confirmation = DeliveryConfirmation(wall, clock=lambda: now[0])  # type: ignore[arg-type]
    assert confirmation.bytes_within(0.3) == delivery.UNMEASURED_BYTES
    confirmation.begin()
    wall.write("x" * 50_000)
    confirmation.ask(lambda _: None)
    wall.answer(confirmation, 0, at=100.3)
    wall.answer(confirmation, 2, at=100.8)
    assert confirmation.line_speed.bytes_per_second == pytest.approx(50_000 / 0.5, rel=0.01)
    assert confirmation.bytes_within(0.3) == pytest.approx(0.3 * 50_000 / 0.5, rel=0.01)


async def test_time_that_passes_before_the_picture_is_written_is_not_the_lines(wall: Wall, now: list[float]) -> None:
    confirmation = DeliveryConfirmation(wall, clock=lambda: now[0])  # type: ignore[arg-type]
    confirmation.begin()
    now[0] += 0.4
    wall.write("x" * 50_000)
    confirmation.ask(lambda _: None)
    wall.answer(confirmation, 0, at=100.1)
    wall.answer(confirmation, 2, at=100.5)
    assert confirmation.line_speed.bytes_per_second == inf


async def test_without_an_answer_to_both_nothing_is_measured(wall: Wall) -> None:
    confirmation = DeliveryConfirmation(wall)  # type: ignore[arg-type]
    confirmation.begin()
    wall.write("x" * 50_000)
    confirmation.ask(lambda _: None)
    wall.answer(confirmation, 2, at=100.8)
    wall.answer(confirmation, 0, at=100.9)
    assert confirmation.line_speed.bytes_per_second is None


async def test_without_a_terminal_nothing_is_limited() -> None:
    assert DeliveryConfirmation(Wall(is_headless=True)).bytes_within(0.3) == inf  # type: ignore[arg-type]


async def test_a_question_is_waited_for_until_it_is_answered(wall: Wall) -> None:
    confirmation = DeliveryConfirmation(wall)  # type: ignore[arg-type]
    confirmation.ask(lambda _: None)
    assert confirmation.is_waiting
    wall.answer(confirmation)
    assert not confirmation.is_waiting
