"""How many bytes a second the line to the terminal carries, as measured by the terminal's receipts."""

from __future__ import annotations

from collections import deque
from math import inf
from statistics import median

SHORTEST = 0.02
"""Seconds; what takes less says only that the line is fast."""
_FEWEST_BYTES = 2_000
_REMEMBERED = 3


class LineSpeed:
    """The median of the last measurements, so that one stall changes nothing."""

    def __init__(self) -> None:
        self._measured: deque[float] = deque(maxlen=_REMEMBERED)
        self._is_told = False

    def record(self, size: int, seconds: float) -> None:
        """The line took so long for `size` bytes; a few bytes say nothing."""
        if size >= _FEWEST_BYTES:
            self._measured.append(size / seconds if seconds >= SHORTEST else inf)

    @property
    def bytes_per_second(self) -> float | None:
        """None before the first measurement."""
        return median(self._measured) if self._measured else None

    def is_slow_news(self) -> bool:
        """Whether the line has been measured, and nobody was told yet that it is slow; true once."""
        is_news = bool(self._measured) and not self._is_told
        self._is_told |= is_news
        return is_news
