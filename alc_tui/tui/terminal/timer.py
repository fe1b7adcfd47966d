"""Timers that go off once, on busy machines, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.message_pump import MessagePump
from textual.timer import Timer


def call_after(pump: MessagePump, seconds: float, then: Callable[[], Any]) -> Timer:
    """Have `pump` call `then`, or await what it returns, after so many seconds.

    `set_timer` of Textual 8.2 never does if the process gets no processor for these seconds just after the timer was
    set: it takes its only moment to have passed. An interval has further ones.
    """
    is_over = False

    def go_off() -> None:
        nonlocal is_over
        timer.stop()
        if not is_over:
            is_over = True
            pump.call_next(then)

    timer = pump.set_interval(seconds, go_off)
    return timer
