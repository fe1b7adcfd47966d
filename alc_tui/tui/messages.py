"""What screens tell the app. The app alone decides which screen comes next."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from alc_tui.session.labeling.passes import Pass
from alc_tui.session.labeling.review import Case
from alc_tui.session.store.folder import SessionFolder


class RoundDecided(Message):
    """Every sample of the round has its verdict and the retraining may start."""


class RoundTrained(Message):
    """A training has ended with a finished round."""


class ScoresRead(Message):
    """The person wants to go on from the scores."""


class ShowProgress(Message):
    """The person wants to see the progress, and then to come back to this screen."""


class PassOver(Message):
    """A pass that is not the round's own is over, or left."""

    def __init__(self, way: Pass) -> None:
        super().__init__()
        self.way = way


class LookAt(Message):
    """The person wants to see a sample of the round large, out of turn."""

    def __init__(self, sample: str) -> None:
        super().__init__()
        self.sample = sample


class ReviewFrom(Message):
    """The person wants to decide cases again, beginning with the one at `start`."""

    def __init__(self, cases: Sequence[Case], start: int) -> None:
        super().__init__()
        self.cases, self.start = cases, start


class OpenSession(Message):
    """The person wants to go on with a session; `write`: to decide, not only to look on."""

    def __init__(self, folder: SessionFolder, write: bool = True) -> None:
        super().__init__()
        self.folder, self.write = folder, write


class NewSession(Message):
    """The person wants to make a session."""


class SessionMade(Message):
    """A session was made from the form; `start`: to open it and begin its training."""

    def __init__(self, folder: SessionFolder, start: bool) -> None:
        super().__init__()
        self.folder, self.start = folder, start
