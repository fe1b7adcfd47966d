"""Garbage collection while nobody waits: a full one stops the app for 0.1 s and more, in which keys run together.

Young objects are collected as ever. The old ones are looked at while an image is fresh and no key counts yet, and once
a minute where nothing is labeled.
"""

from __future__ import annotations

import gc

EVERY = 4
"""Images from one full collection to the next."""
_NEVER = 1_000_000


class Collector:
    """Told when there is time. What is loaded at the first rest stays, and is never looked at again."""

    def __init__(self) -> None:
        self._rests = 0

    def begin(self) -> None:
        """From now on full collections come only from here; for the whole process."""
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, _NEVER)

    def rest(self) -> None:
        """An image has just been seen: for a moment no key counts."""
        if self._rests % EVERY == 0:
            gc.collect()
        if self._rests == 0:
            gc.freeze()
        self._rests += 1

    def idle(self) -> None:
        """A while has gone by."""
        gc.collect()
