"""The end of a round: a few seconds in which the last verdict can still be taken back."""

from __future__ import annotations

from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

SECONDS = 3


class Countdown(Static):
    """Counts down once started, then says `Over`."""

    class Over(Message):
        """The time is up."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._round, self._left = 0, SECONDS
        self._timer: Timer | None = None

    def start(self, round_number: int) -> None:
        """Begin at `SECONDS`."""
        self.stop()
        self._round, self._left = round_number, SECONDS
        self._timer = self.set_interval(1.0, self._tick)
        self._draw()

    def wait(self, round_number: int) -> None:
        """For who only watches: another person's app counts down."""
        self.stop()
        self.update(f"Round {round_number} is decided: its retraining is about to start.")

    def stop(self) -> None:
        """End it without a word."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _tick(self) -> None:
        self._left -= 1
        if self._left > 0:
            self._draw()
        elif self._timer is not None:
            self.stop()
            self.post_message(self.Over())

    def _draw(self) -> None:
        self.update(
            f"Round {self._round} is decided: retraining starts in {self._left} s.\n\n"
            "u undoes the last verdict, Enter starts now."
        )
