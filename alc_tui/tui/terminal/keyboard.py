"""Tells keys that a person pressed from text that was pasted, keys that are held down, and a terminal's late replies.

Knows nothing of what keys mean or of what is on the screen. Times are monotonic seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

BURST = 0.008
"""Nobody presses two keys closer together than this; pasted text and terminal replies come that way."""
QUIET = 0.3
"""How long the line must be quiet after a burst, or a held key be let go, before a key counts again."""
SETTLE = BURST
"""How long a key is held back to see whether a burst follows it."""
AGAIN = 0.8
"""A key pressed again within this may be held down: its first repeat comes after 0.25 to 0.7 s …"""
HOLD = 0.11
"""… and the next ones at most this far apart, so it is held back that long."""


@dataclass(frozen=True)
class Answer:
    """What a new key tells. earlier_counts: of the key that is still held back, if there is one. hold: seconds to hold
    the new key back before it counts, 0 if it counts at once, None if it never does."""

    earlier_counts: bool
    hold: float | None


class KeyFilter:
    """Asked for each key in order; one key at a time is held back, until `let_go` or the next key."""

    def __init__(self) -> None:
        self._held: str | None = None
        self._last = float("-inf")
        self._last_of: dict[str, float] = {}
        self._is_noisy = False

    def press(self, key: str, at: float) -> Answer:
        """Take in a key that would mean something."""
        gap, since = at - self._last, at - self._last_of.get(key, float("-inf"))
        self._last = self._last_of[key] = at
        held, self._held = self._held, None
        is_held_down = held == key and since < HOLD
        self._is_noisy = gap < BURST or is_held_down or (self._is_noisy and gap < QUIET)
        earlier_counts = held is not None and not (gap < BURST or is_held_down)
        if self._is_noisy:
            return Answer(earlier_counts, None)
        self._held = key
        return Answer(earlier_counts, HOLD if since < AGAIN else SETTLE)

    def pass_by(self, key: str, at: float) -> Answer:
        """Take in a key that is never held back. Behind an Escape the pieces of a torn terminal reply may follow."""
        gap, is_held = at - self._last, self._held is not None
        self._last = self._last_of[key] = at
        self._held = None
        is_burst = is_held and gap < BURST
        self._is_noisy = is_burst or key == "escape" or (self._is_noisy and gap < QUIET)
        return Answer(earlier_counts=is_held and not is_burst, hold=0.0)

    def let_go(self) -> None:
        """The held-back key has counted."""
        self._held = None
