"""Whether it is reasonable to stop labeling."""

from __future__ import annotations

from enum import StrEnum

from alc_tui.session.forecast.counts import CountForecast
from alc_tui.session.forecast.trend import WINDOW, Trend

SMALL_GAIN = 0.005
"""A gain of macro-F1 per round that is too small to label for."""
FEW_CHANGES = 0.1
"""A share of changed labels that is too small to label for."""


class Advice(StrEnum):
    """UNKNOWN: too few rounds to tell. CONTINUE: macro-F1 may still rise. LABELS_ONLY: it hardly will, but many labels
    will change. STOP: neither."""

    UNKNOWN = "unknown"
    CONTINUE = "continue"
    LABELS_ONLY = "labels-only"
    STOP = "stop"


def advise(changed: CountForecast, trend: Trend | None) -> Advice:
    """By the upper ends of the intervals: a gain per round below SMALL_GAIN is small, a share of changed labels below
    FEW_CHANGES is small. A trend of fewer than WINDOW rounds is too short: macro-F1 may rise late."""
    if trend is None or trend.rounds < WINDOW:
        return Advice.UNKNOWN
    if trend.gain_high >= SMALL_GAIN:
        return Advice.CONTINUE
    return Advice.LABELS_ONLY if changed.high >= FEW_CHANGES * changed.size else Advice.STOP
