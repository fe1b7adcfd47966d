"""Replaces small images by full ones on a slow line, part by part, while nobody presses a key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from textual.timer import Timer
from textual.widget import Widget

from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from alc_tui.tui.terminal.timer import call_after

PAUSE = 1.0
"""Seconds without a key before images are refined."""
_POLL = 0.03


class Refinement:
    """Sends a part once the terminal has received what was sent before."""

    def __init__(
        self, widget: Widget, delivery: DeliveryConfirmation, is_quick: Callable[[], bool], pause: float = PAUSE
    ) -> None:
        """pause: seconds for which images have been on the screen before the first part, and after a key. is_quick:
        whether no pause is needed, because the line has turned out to be fast; also asked while the widget is removed,
        when its children have gone."""
        self._widget, self._delivery, self._is_quick, self._pause = widget, delivery, is_quick, pause
        self._parts: Iterator[None] = iter(())
        self._timer: Timer | None = None
        self._due, self._has_begun = 0.0, False

    def start(self, parts: Iterator[None]) -> None:
        """Paint a part whenever `parts` is advanced, until it ends, or until `start` or `stop`."""
        self._parts, self._has_begun = parts, False
        self.postpone()
        self._wait()

    def postpone(self) -> None:
        """A key was pressed: go on after a pause."""
        self._due = time.monotonic() + self._pause

    def stop(self) -> None:
        """Leave the images as they are."""
        self._parts = iter(())
        if self._timer is not None:
            self._timer.stop()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = call_after(self._widget, _POLL, self._go_on)

    def _go_on(self) -> None:
        if self._delivery.is_waiting and not self._has_begun:
            self.postpone()  # nobody looks at an image that is still on its way
        if self._delivery.is_waiting or (time.monotonic() < self._due and not self._is_quick()):
            self._wait()
            return
        self._has_begun = True
        try:
            next(self._parts)
        except StopIteration:
            return
        # Twice: the first refresh may belong to another widget.
        self._widget.call_after_refresh(self._widget.call_after_refresh, self._ask, self._parts)

    def _ask(self, parts: Iterator[None]) -> None:
        if parts is self._parts and not self._delivery.is_waiting:
            self._delivery.ask(lambda _at: self._received(parts))

    def _received(self, parts: Iterator[None]) -> None:
        if parts is self._parts:
            self._wait()
