"""Intervals of numbers, and checks of arguments against them."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from numbers import Integral, Real

from alc_tui.errors import UsageError


@dataclass(frozen=True)
class Range:
    """An interval from `low` to `high`; each end may be open."""

    low: float = -inf
    high: float = inf
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: float) -> bool:
        above = self.low < value if self.low_open else self.low <= value
        return above and (value < self.high if self.high_open else value <= self.high)

    def __str__(self) -> str:
        low = "(" if self.low_open else "["
        high = ")" if self.high_open else "]"
        ends = [str(end) if isinstance(end, int) else f"{end:g}" for end in (self.low, self.high)]
        return f"{low}{ends[0]}, {ends[1]}{high}".replace("inf", "∞")

    def check(self, what: str, value: float) -> None:
        """Raise UsageError unless `value` is inside; NaN is outside."""
        if value not in self:
            raise UsageError(f"{value} for {what} is outside {self}; specify a value in this range.")


RATE = Range(0, 1, high_open=True)
SHARE = Range(0, 1)
NOT_NEGATIVE = Range(0, inf, high_open=True)
POSITIVE = Range(0, inf, low_open=True, high_open=True)
ONE_OR_MORE = Range(1, inf, high_open=True)


def check_number(name: str, value: object, limits: Range | None = None, *, whole: bool = False) -> None:
    """Raise UsageError naming an argument that is not a number, not a whole one if it must be, or outside its range."""
    if not isinstance(value, Real):
        raise UsageError(f"`{name}` is {value!r}; pass a number.")
    if whole and not isinstance(value, Integral):
        raise UsageError(f"`{name}` is {value!r}; pass a whole number.")
    if limits is not None and float(value) not in limits:
        raise UsageError(f"`{name}` is {value}; pass a number in {limits}.")
