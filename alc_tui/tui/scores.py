"""Scores in words, so that nobody reads noise as progress. Knows the documents of rounds and no widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alc_tui.tui.text import change

UP, DOWN, WITHIN_NOISE = "up", "down", "within noise"


def moved(interval: Sequence[float]) -> str:
    """What a 95 % interval (low, high) of a change says: `up` or `down` where it leaves out 0, else `within noise`."""
    low, high = interval
    return UP if low > 0 else DOWN if high < 0 else WITHIN_NOISE


def between(interval: Sequence[float] | None) -> str:
    """An interval of a score: `0.58–0.64`; nothing where it is not known."""
    return "" if interval is None else f"{interval[0]:.2f}–{interval[1]:.2f}"


def of_macro_f1(entry: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    """Macro-F1 of a round in one sentence, with what became of it since the round before (None for round 0)."""
    f1, interval = entry["macro_f1"]["best"], entry.get("interval")
    known = f" [{interval['macro_f1'][0]:.3f}, {interval['macro_f1'][1]:.3f}]" if interval else ""
    if before is None:
        return f"macro-F1 {f1:.3f}{known} after learning with noisy labels"
    said = f"macro-F1 {f1:.3f}{known}, {change(f1, before['macro_f1']['best'])} since round {before['round']}"
    if "change" not in entry:
        return f"{said} (how much of that is noise is not known)"
    low, high = entry["change"]["macro_f1"]
    return f"{said}: {moved((low, high))} (95 % interval {_signed(low)} … {_signed(high)})"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")
