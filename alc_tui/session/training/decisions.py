"""The decisions used by a round's retraining: frozen when it first starts, then converted to arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.cleaning import UNDECIDED
from alc_tui.errors import UsageError
from alc_tui.session.store.events import Notice
from alc_tui.session.store.journal import EXCLUDE, LABEL, Decision, Journal, Verdicts
from alc_tui.session.store.queue import round_queue, without_later
from alc_tui.session.store.records import Retraining
from alc_tui.session.training.workspace import Workspace


def freeze_decisions(workspace: Workspace, number: int) -> list[Decision]:
    """The decisions used by the retraining of a round: those in the journal when it first started, except those made
    ahead for the next round. Once the document contains their number, no more decisions on the round's queue are
    accepted; those written between reading the journal and writing the document are included. Raises UsageError if a
    sample of the queue has no verdict.
    """
    document, path = workspace.document, workspace.folder.journal
    retraining = document.session.retraining
    decisions = Journal(path, lambda sentence: workspace.emit(Notice(sentence))).decisions
    if retraining is not None and retraining.round == number:
        return without_later(number, decisions[: retraining.position])
    while True:
        _check_decided(workspace, number, decisions)
        document.update(replace(document.session, retraining=Retraining(number, len(decisions))))
        latest = Journal(path).decisions
        if len(latest) == len(decisions):
            return without_later(number, decisions)
        release_decisions(workspace)
        decisions = latest


def release_decisions(workspace: Workspace) -> None:
    """Accept decisions in the round's queue again."""
    workspace.document.update(replace(workspace.document.session, retraining=None))


def verdict_arrays(
    workspace: Workspace, verdicts: Mapping[str, Decision]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The decided label of each training sample int64[n], or UNDECIDED, and which are excluded, bool[n].

    verdicts: by sample id.
    """
    decided = np.full(len(workspace.train), UNDECIDED, dtype=np.int64)
    excluded = np.zeros(len(workspace.train), dtype=np.bool_)
    number_of = {name: number for number, name in enumerate(workspace.classes)}
    for place, sample in enumerate(workspace.samples.ids[workspace.train].tolist()):
        verdict = verdicts.get(sample)
        if verdict is not None and verdict.kind == LABEL:
            decided[place] = number_of[str(verdict.label)]
        elif verdict is not None and verdict.kind == EXCLUDE:
            excluded[place] = True
    return decided, excluded


def _check_decided(workspace: Workspace, number: int, decisions: Sequence[Decision]) -> None:
    """Raise UsageError unless all samples of the round's queue have a verdict."""
    ranking = workspace.round_arrays(number - 1).ranking
    ids = workspace.samples.ids[workspace.train[ranking]].tolist()
    decisions = without_later(number, decisions)
    queue = round_queue(number, ids, workspace.document.rounds[number - 1].queued, decisions)
    verdicts = Verdicts(decisions)
    undecided = sum(verdicts.of(sample) is None for sample in queue)
    if undecided or not queue:
        raise UsageError(
            f"Round {number} of session {workspace.folder.name!r} has {undecided} undecided samples; "
            "`alc session label` shows them."
        )
