"""Describes scores in words that distinguish noise from real improvement. Does not depend on any widget."""

from __future__ import annotations

from alc_tui.session.store.records import Interval, RoundRecord
from alc_tui.text.format import change, signed

UP, DOWN, WITHIN_NOISE, TOO_FEW = "up", "down", "within noise", "too few"
BEYOND_NOISE = "beyond the test set's noise"
ANOTHER_TRAINING = "another training run could differ more"
"""Variation that the intervals do not cover."""
FEW_IMAGES = 5
"""With fewer test images of a class, resampling is not informative about other test sets."""


def direction(interval: Interval) -> str:
    """The direction of a change according to its interval: `up` or `down` if it excludes 0, else `within noise`."""
    low, high = interval
    return UP if low > 0 else DOWN if high < 0 else WITHIN_NOISE


def class_direction(interval: Interval, support: int) -> str:
    """The same for a class with `support` test images; `too few` if there are not enough to tell."""
    return direction(interval) if support >= FEW_IMAGES else TOO_FEW


def class_interval(interval: Interval, f1: float, support: int) -> str:
    """The interval of a class's F1, `0.58–0.64`; `–` with too few test images, or none predicted correctly."""
    return f"{interval[0]:.2f}–{interval[1]:.2f}" if f1 > 0 and support >= FEW_IMAGES else "–"


def interval_note(record: RoundRecord) -> str:
    """A note on what the intervals of a change do and do not cover; empty if nothing is compared."""
    if record.change is None:
        return ""
    return f"{UP}, {DOWN}: {BEYOND_NOISE}, 95 % for all classes together; {ANOTHER_TRAINING}."


def note_on_change(before: RoundRecord | None) -> str:
    """What follows a sentence about a change since the round `before`; empty if there is none."""
    return "" if before is None else f"; {ANOTHER_TRAINING}"


def describe_macro_f1(record: RoundRecord, before: RoundRecord | None) -> str:
    """Macro-F1 of a round in one sentence, with the change since the previous round (None for round 0)."""
    f1, interval = record.macro_f1.best, record.interval
    known = "" if interval is None else " (95 % interval {:.3f}–{:.3f})".format(*interval.macro_f1)
    if before is None:
        return f"macro-F1 {f1:.3f}{known} after learning with noisy labels"
    sentence = f"macro-F1 {f1:.3f}{known}, {change(f1, before.macro_f1.best)} since round {before.round}"
    if record.change is None:
        return f"{sentence} (it is unknown how much of this change is noise)"
    low, high = record.change.macro_f1
    word = direction((low, high))
    verdict = word if word == WITHIN_NOISE else f"{word} {BEYOND_NOISE}"
    return f"{sentence}: {verdict} (95 % interval {signed(low)} … {signed(high)})"
