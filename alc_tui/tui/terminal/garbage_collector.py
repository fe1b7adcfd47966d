"""Runs garbage collection when the user is not waiting: a full collection blocks the app for 0.1 s or more and delays
keys.

Young generations are collected as usual. Full collections run just after an image has appeared, when keys do not count
yet, and once a minute.
"""

from __future__ import annotations

import gc

EVERY = 24
"""Number of images between full collections."""
_NEVER = 1_000_000


class GarbageCollector:
    """Runs full collections when there is time. Objects that exist at the first one are never scanned again."""

    def __init__(self) -> None:
        self._images = 0

    def disable_automatic(self) -> None:
        """Stop automatic full collections, for the whole process."""
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, _NEVER)

    def collect_after_image(self) -> None:
        """Collect occasionally: an image has just appeared, and keys do not count for a moment."""
        if self._images % EVERY == 0:
            gc.collect()
        if self._images == 0:
            gc.freeze()
        self._images += 1

    def collect_when_idle(self) -> None:
        """Collect while the app is idle."""
        gc.collect()
