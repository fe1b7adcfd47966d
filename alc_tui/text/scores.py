"""Scores in words, so that nobody reads noise as progress. Knows the documents of rounds and no widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alc_tui.text.format import change

UP, DOWN, WITHIN_NOISE, TOO_FEW = "up", "down", "within noise", "too few"
BEYOND_NOISE = "beyond the test set's noise"
ANOTHER_TRAINING = "another training could differ more"
"""What no interval here has in it."""
FEW_IMAGES = 5
"""With fewer test images of a class than this, resampling them says nothing of another test set."""


def moved(interval: Sequence[float]) -> str:
    """What an interval (low, high) of a change says: `up` or `down` where it leaves out 0, else `within noise`."""
    low, high = interval
    return UP if low > 0 else DOWN if high < 0 else WITHIN_NOISE


def class_moved(interval: Sequence[float], support: int) -> str:
    """The same of a class with `support` test images, `too few` where they do not say."""
    return moved(interval) if support >= FEW_IMAGES else TOO_FEW


def class_between(interval: Sequence[float], f1: float, support: int) -> str:
    """The interval of a class's F1, `0.58–0.64`; `–` where there are too few test images, or none answered right."""
    return f"{interval[0]:.2f}–{interval[1]:.2f}" if f1 > 0 and support >= FEW_IMAGES else "–"


def left_out(entry: Mapping[str, Any]) -> str:
    """What the intervals of a round say and what they leave out; nothing where there are none."""
    if "interval" not in entry:
        return ""
    said = f"{UP}, {DOWN}: {BEYOND_NOISE}, 95 % for all classes together; " if "change" in entry else ""
    return f"{said}{ANOTHER_TRAINING}."


def of_macro_f1(entry: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    """Macro-F1 of a round in one sentence, with what became of it since the round before (None for round 0)."""
    f1, interval = entry["macro_f1"]["best"], entry.get("interval")
    known = " (95 % interval {:.3f}–{:.3f})".format(*interval["macro_f1"]) if interval else ""
    if before is None:
        return f"macro-F1 {f1:.3f}{known} after learning with noisy labels"
    said = f"macro-F1 {f1:.3f}{known}, {change(f1, before['macro_f1']['best'])} since round {before['round']}"
    if "change" not in entry:
        return f"{said} (how much of that is noise is not known)"
    low, high = entry["change"]["macro_f1"]
    word = moved((low, high))
    verdict = word if word == WITHIN_NOISE else f"{word} {BEYOND_NOISE}"
    return f"{said}: {verdict} (95 % interval {_signed(low)} … {_signed(high)})"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")
