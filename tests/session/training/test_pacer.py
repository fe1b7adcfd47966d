from __future__ import annotations

from alc_tui.session.training.pacer import Pacer


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def count(seconds: float, batch: float) -> int:
    """How many events an epoch of this many seconds has, with a batch every `batch` seconds."""
    clock = Clock()
    pacer, due = Pacer(clock), 0
    for _ in range(round(seconds / batch)):
        clock.now += batch
        due += pacer.due() is not None
    return due


def test_a_short_epoch_has_no_events() -> None:
    assert count(0.4, 0.01) == 0


def test_there_are_at_most_two_a_second_and_a_few_hundred_in_hours() -> None:
    assert 15 <= count(10, 0.01) <= 20
    assert 100 < count(3 * 3600, 0.5) < 400


def test_a_slow_batch_has_an_event_of_its_own() -> None:
    assert count(100, 10) == 10


def test_the_time_is_that_of_the_epoch() -> None:
    clock = Clock()
    pacer = Pacer(clock)
    clock.now += 3
    assert pacer.due() == 3 and pacer.due() is None
    pacer.begin_epoch()
    clock.now += 1
    assert pacer.due() == 1
