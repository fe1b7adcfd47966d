"""The end of a round: a few seconds in which the last verdict can still be undone."""

from __future__ import annotations

from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static


class Countdown(Static):
    """Counts down from `seconds` once started, then posts `Over`."""

    class Over(Message):
        """The time is up."""

    def __init__(self, seconds: int) -> None:
        super().__init__(markup=False)
        self._from, self._round, self._seconds = seconds, 0, seconds
        self._timer: Timer | None = None

    def start(self, round_number: int) -> None:
        """Begin."""
        self.stop()
        self._round, self._seconds = round_number, self._from
        self._timer = self.set_interval(1.0, self._tick)
        self._draw()

    def wait(self, sentence: str) -> None:
        """Say what is awaited, without counting down."""
        self.stop()
        self.update(sentence)

    def stop(self) -> None:
        """Stop without posting `Over`."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _tick(self) -> None:
        self._seconds -= 1
        if self._seconds > 0:
            self._draw()
        elif self._timer is not None:
            self.stop()
            self.post_message(self.Over())

    def _draw(self) -> None:
        self.update(
            f"All samples of round {self._round} are decided. Retraining starts in {self._seconds} s.\n\n"
            "Press u to undo the last verdict, or Enter to start now."
        )
