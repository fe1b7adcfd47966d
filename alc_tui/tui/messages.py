"""Messages from the screens to the app, which alone decides which screen comes next."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from alc_tui.session.labeling.passes import Pass
from alc_tui.session.labeling.review import Case
from alc_tui.session.store.folder import SessionFolder


class RoundDecided(Message):
    """Every sample of the round has its verdict: the retraining may start."""


class RoundTrained(Message):
    """A training has finished a round."""


class ScoresRead(Message):
    """Leave the scores and continue with the session."""


class ShowProgress(Message):
    """Show the progress on top of the current screen."""


class PassOver(Message):
    """A pass other than that of the round's queue has ended, or was left."""

    def __init__(self, samples: Pass) -> None:
        super().__init__()
        self.samples = samples


class LookAt(Message):
    """Show one sample of the round large, out of turn."""

    def __init__(self, sample: str) -> None:
        super().__init__()
        self.sample = sample


class ReviewFrom(Message):
    """Decide cases again, beginning with the one at index `start`."""

    def __init__(self, cases: Sequence[Case], start: int) -> None:
        super().__init__()
        self.cases, self.start = cases, start


class OpenSession(Message):
    """Open a session. write: to decide; otherwise only to watch."""

    def __init__(self, folder: SessionFolder, write: bool = True) -> None:
        super().__init__()
        self.folder, self.write = folder, write


class NewSession(Message):
    """Show the form for a new session."""


class SessionMade(Message):
    """A session was made from the form. start: open it and begin its training."""

    def __init__(self, folder: SessionFolder, start: bool) -> None:
        super().__init__()
        self.folder, self.start = folder, start
