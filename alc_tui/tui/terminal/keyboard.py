"""Distinguishes key presses from pasted text, held keys, and late terminal replies.

Independent of what keys do and what is on the screen. Times are monotonic seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

BURST = 0.008
"""Keys that arrive within fewer seconds were not pressed by a person: pasted text and terminal replies arrive that
fast."""
QUIET = 0.3
SETTLE = BURST
"""Seconds to delay a key to see whether a burst follows."""
AGAIN = 0.8
"""A key that arrives again within this many seconds may be held down: repeats start after 0.25 to 0.7 s …"""
HOLD = 0.11
"""… and follow each other within this many seconds, for which the key is held back."""


@dataclass(frozen=True)
class Ruling:
    """What to do about a new key. earlier_counts: whether the previously delayed key counts.

    hold: seconds to delay the new key before it counts; 0 if it counts immediately, None if it never counts.
    """

    earlier_counts: bool
    hold: float | None


class KeyFilter:
    """Processes keys in order; at most one key is delayed, until `release` or the next key.

    quiet: seconds without keys after a burst or a held key before keys count again. again: if a key repeats within this
    many seconds, it may be held down.
    """

    def __init__(self, quiet: float = QUIET, again: float = AGAIN) -> None:
        self._quiet, self._again = quiet, again
        self._held: str | None = None
        self._last = float("-inf")
        self._last_of: dict[str, float] = {}
        self._is_noisy = False

    def press(self, key: str, at: float) -> Ruling:
        """Process a key that may need to be delayed."""
        gap, since = at - self._last, at - self._last_of.get(key, float("-inf"))
        self._last = self._last_of[key] = at
        held, self._held = self._held, None
        is_held_down = held == key and since < HOLD
        self._is_noisy = gap < BURST or is_held_down or (self._is_noisy and gap < self._quiet)
        earlier_counts = held is not None and not (gap < BURST or is_held_down)
        if self._is_noisy:
            return Ruling(earlier_counts, None)
        self._held = key
        return Ruling(earlier_counts, HOLD if since < self._again else SETTLE)

    def pass_by(self, key: str, at: float) -> Ruling:
        """Process a key that is never delayed. After an Escape, parts of a terminal reply may follow."""
        gap, is_held = at - self._last, self._held is not None
        self._last = self._last_of[key] = at
        self._held = None
        is_burst = is_held and gap < BURST
        self._is_noisy = is_burst or key == "escape" or (self._is_noisy and gap < self._quiet)
        return Ruling(earlier_counts=is_held and not is_burst, hold=0.0)

    def release(self) -> None:
        """The key held back has been passed on."""
        self._held = None
