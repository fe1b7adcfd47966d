"""A session's next computation: round 0, or the retraining of a round whose queue is decided.

Runs in the worker and in replays.
"""

from __future__ import annotations

from alc_tui.errors import UsageError
from alc_tui.model.parallel.group import ALONE, Group
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.inputs.sources import Emit
from alc_tui.session.training.retrain import retrain
from alc_tui.session.training.round_zero import learn
from alc_tui.session.training.workspace import open_workspace


def advance(folder: SessionFolder, emit: Emit, group: Group = ALONE) -> None:
    """Perform the next step: LNL and the first ranking, or the retraining of a round whose queue is decided.

    group: the processes that train together, all of which call this; the first one alone writes. Raises UsageError if
    the next step is labeling, TrainingFailed if training cannot continue. On KeyboardInterrupt, the last finished epoch
    is on disk, and the next call resumes from there and ends with the same numbers.
    """
    workspace = open_workspace(folder, emit, group)
    number = workspace.group.first(lambda: len(workspace.document.rounds))
    if number == 0:
        learn(workspace)
    elif number <= workspace.config.rounds:
        retrain(workspace, number)
    else:
        raise UsageError(f"All rounds of session {folder.name!r} are done; `alc session show` prints the results.")
