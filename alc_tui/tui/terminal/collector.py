"""Garbage collection while nobody waits: a full one blocks the app for 0.1 s or more, and keys pressed then pile up.

Young objects are collected as usual. Old ones are collected just after an image has appeared, when no key counts yet,
and once a minute while nothing is labeled.
"""

from __future__ import annotations

import gc

EVERY = 4
"""Images from one full collection to the next."""
_NEVER = 1_000_000


class Collector:
    """Runs full collections when there is time. Objects that exist at the first one are never scanned again."""

    def __init__(self) -> None:
        self._rests = 0

    def begin(self) -> None:
        """Stop automatic full collections, for the whole process."""
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, _NEVER)

    def rest(self) -> None:
        """Collect now and then: an image has just appeared, and for a moment no key counts."""
        if self._rests % EVERY == 0:
            gc.collect()
        if self._rests == 0:
            gc.freeze()
        self._rests += 1

    def idle(self) -> None:
        """Collect: nothing has happened for a while."""
        gc.collect()
