"""What screens tell the app. The app alone decides which screen comes next."""

from __future__ import annotations

from textual.message import Message


class RoundDecided(Message):
    """Every sample of the round has its verdict and the retraining may start."""


class RoundTrained(Message):
    """A training has ended with a finished round."""


class ScoresRead(Message):
    """The person wants to go on from the scores."""
