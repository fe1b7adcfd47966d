"""Distinguishes key presses from pasted text, held keys, and late terminal replies.

Independent of what keys do and what is on the screen. Times are monotonic seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

BURST_SECONDS = 0.008
"""Keys that arrive within fewer seconds were not pressed by a person: pasted text and terminal replies arrive that
fast."""
QUIET_SECONDS = 0.3
"""Seconds without keys after a burst before keys count again."""
BROKEN_SECONDS = 1.0
"""Seconds without keys after an unfinished escape sequence before keys count again: they may be the rest of it."""
SETTLE_SECONDS = BURST_SECONDS
"""Seconds to delay a key to see whether a burst follows."""
REPEAT_SECONDS = 0.8
"""A key that arrives again within this many seconds may be held down: repeats start after 0.25 to 0.7 s …"""
HOLD_SECONDS = 0.11
"""… and follow each other within this many seconds, for which the key is held back."""


@dataclass(frozen=True)
class KeyOutcome:
    """What to do about a new key. earlier_counts: whether the previously delayed key counts.

    hold: seconds to delay the new key before it counts; 0 if it counts immediately, None if it never counts.
    """

    earlier_counts: bool
    hold: float | None


class KeyFilter:
    """Processes keys in order; at most one key is delayed, until `release` or the next key.

    quiet: seconds without keys after a burst or a held key before keys count again. repeat: if a key repeats within
    this many seconds, it may be held down. broken: as `quiet`, after an unfinished escape sequence.
    """

    def __init__(
        self, quiet: float = QUIET_SECONDS, repeat: float = REPEAT_SECONDS, broken: float = BROKEN_SECONDS
    ) -> None:
        self._quiet, self._repeat, self._broken = quiet, repeat, broken
        self._held: str | None = None
        self._last = self._noisy_until = self._broken_until = float("-inf")
        self._last_of: dict[str, float] = {}

    def press(self, key: str, at: float) -> KeyOutcome:
        """Process a key that may need to be delayed."""
        gap, since = at - self._last, at - self._last_of.get(key, float("-inf"))
        self._last = self._last_of[key] = at
        held, self._held = self._held, None
        is_held_down = held == key and since < HOLD_SECONDS
        if gap < BURST_SECONDS or is_held_down or at < self._noisy_until:
            self._noisy_until = at + self._quiet
        if self.is_broken(at):
            self._broken_until = at + self._broken
        earlier_counts = held is not None and not (gap < BURST_SECONDS or is_held_down)
        if at < max(self._noisy_until, self._broken_until):
            return KeyOutcome(earlier_counts, None)
        self._held = key
        return KeyOutcome(earlier_counts, HOLD_SECONDS if since < self._repeat else SETTLE_SECONDS)

    def press_undelayed(self, key: str, at: float) -> KeyOutcome:
        """Process a key that is never delayed."""
        gap, is_held = at - self._last, self._held is not None
        self._last = self._last_of[key] = at
        self._held = None
        is_burst = is_held and gap < BURST_SECONDS
        if is_burst or at < self._noisy_until:
            self._noisy_until = at + self._quiet
        return KeyOutcome(earlier_counts=is_held and not is_burst, hold=0.0)

    def break_off(self, at: float) -> None:
        """An escape sequence was left unfinished at `at`: its rest may follow, key by key. A lone Escape may be one."""
        self._broken_until = max(self._broken_until, at + self._broken)

    def is_broken(self, at: float) -> bool:
        """Whether a key pressed at `at` may be the rest of an unfinished escape sequence."""
        return at < self._broken_until

    def release(self) -> None:
        """The key held back has been passed on."""
        self._held = None
