"""Messages from screens to the app, which determines the next screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from alc_tui.session.labeling.passes import LabelingPass
from alc_tui.session.labeling.review import Case
from alc_tui.session.store.folder import SessionFolder


class RoundDecided(Message):
    """All samples of the round are decided; retraining can start."""


class RoundTrained(Message):
    """The training of a round has finished."""


class ContinueSession(Message):
    """Leave the scores and continue with the session."""


class ShowTraining(Message):
    """Show the training that has ended without a round."""


class TrainingEnded(Message):
    """A training has ended. text: how."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class ShowProgress(Message):
    """Show the progress on top of the current screen."""


class ShowGrid(Message):
    """Show the grid again, on top of the current screen."""


class ShowTestImages(Message):
    """Show test images: those in a cell of the confusion matrix or, without a prediction, those of a class."""

    def __init__(self, label: str, prediction: str | None = None) -> None:
        super().__init__()
        self.label, self.prediction = label, prediction


class PassEnded(Message):
    """A pass has ended or was left (except the pass over the round's queue)."""

    def __init__(self, labeling_pass: LabelingPass) -> None:
        super().__init__()
        self.labeling_pass = labeling_pass


class EnlargeSample(Message):
    """Show a sample of the round on the labeling screen, out of order."""

    def __init__(self, sample: str) -> None:
        super().__init__()
        self.sample = sample


class StartReview(Message):
    """Review cases, starting with the one at index `start`."""

    def __init__(self, cases: Sequence[Case], start: int) -> None:
        super().__init__()
        self.cases, self.start = cases, start


class OpenSession(Message):
    """Open a session. write: for labeling, otherwise read-only."""

    def __init__(self, folder: SessionFolder, write: bool = True) -> None:
        super().__init__()
        self.folder, self.write = folder, write


class NewSession(Message):
    """Show the form for a new session."""


class SessionCreated(Message):
    """A session was created with the form. start: open it and start training."""

    def __init__(self, folder: SessionFolder, start: bool) -> None:
        super().__init__()
        self.folder, self.start = folder, start
