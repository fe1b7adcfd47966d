"""How fast the line is, by a few measurements."""

from __future__ import annotations

from math import inf

from alc_tui.tui.terminal.line_speed import LineSpeed


def test_the_median_of_the_last_three_measurements_counts_so_that_one_stall_changes_nothing() -> None:
    speed = LineSpeed()
    assert speed.bytes_per_second is None
    speed.record(100_000, 0.1)
    assert speed.bytes_per_second == 1e6
    speed.record(100_000, 0.125)
    speed.record(100_000, 10.0)
    assert speed.bytes_per_second == 8e5
    speed.record(100_000, 10.0)
    assert speed.bytes_per_second == 1e4


def test_what_takes_no_time_is_fast_and_few_bytes_say_nothing() -> None:
    speed = LineSpeed()
    speed.record(100, 3.0)
    assert speed.bytes_per_second is None
    speed.record(5_000, 0.001)
    speed.record(5_000, -0.2)
    assert speed.bytes_per_second == inf


def test_that_the_line_is_slow_is_news_once_and_only_after_a_measurement() -> None:
    speed = LineSpeed()
    assert not speed.is_slow_news()
    speed.record(50_000, 0.5)
    assert [speed.is_slow_news() for _ in range(3)] == [True, False, False]
