"""Decides when the place within an epoch is worth an event: soon at first, then ever more rarely."""

from __future__ import annotations

import time
from collections.abc import Callable

LEAST_SECONDS = 0.5
LEAST_SHARE = 0.02
"""Of the time since the epoch began, must pass between two events: an epoch of an hour has a few hundred."""


class Pacer:
    """Measures an epoch. clock: a monotonic clock, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.begin_epoch()

    def begin_epoch(self) -> None:
        """Start to measure the next epoch."""
        self._began = self._last = self._clock()

    def due(self) -> float | None:
        """Seconds since the epoch began, if enough of them have passed since the last time, else None."""
        now = self._clock()
        if now - self._last < max(LEAST_SECONDS, LEAST_SHARE * (now - self._began)):
            return None
        self._last = now
        return now - self._began
