"""Timers that go off once, on busy machines, too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual.message_pump import MessagePump


def call_after(pump: MessagePump, seconds: float, then: Callable[[], Any]) -> asyncio.TimerHandle:
    """Have `pump` call `then`, or await what it returns, after so many seconds, unless the timer is cancelled.

    A timer of Textual that goes off once never does if the process gets no processor for its seconds just after it was
    set: it takes its moment to have passed (`Timer._run` in 8.2).
    """
    return asyncio.get_running_loop().call_later(seconds, pump.call_next, then)
