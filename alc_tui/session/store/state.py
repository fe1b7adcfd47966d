"""In which state a session is, from its document, its locks and its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alc_tui.session.store import events, lock
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import GRID, QUEUE, Journal, Verdicts

NEW, STOPPED, TRAINING, FAILED = "new", "stopped", "training", "failed"
LABELING, DECIDED, DONE = "labeling", "decided", "done"


def is_frozen(facts: Mapping[str, Any], current_round: int) -> bool:
    """Whether the current round's decisions have gone into a retraining, and can no longer be changed."""
    retraining = facts.get("retraining")
    return retraining is not None and retraining["round"] == current_round


def state_of(folder: SessionFolder, facts: Mapping[str, Any], rounds: Sequence[Mapping[str, Any]], decided: int) -> str:
    """`new`, `training`, `stopped`, `failed`, `labeling`, `decided` (a round to be retrained) or `done`.

    facts, rounds: of the session's document. decided: verdicts that stand for the current round's queue.
    """
    if lock.is_held(folder.worker_lock):
        return TRAINING
    current, queued = len(rounds), rounds[-1]["queued"] if rounds else 0
    if current > facts["config"]["rounds"] or (rounds and queued == 0):
        return DONE
    if decided < queued and not is_frozen(facts, current):
        return LABELING
    if events.last_failure(folder.events) is not None:
        return FAILED
    if rounds:
        return DECIDED
    return STOPPED if folder.events.exists() else NEW


def overview(folder: SessionFolder) -> dict[str, Any]:
    """One line of `session list`, from the document and the journal alone."""
    document = Document(folder.document)
    facts, rounds = document.session, document.rounds
    here = [
        decision
        for decision in Journal(folder.journal).decisions
        if decision.round == len(rounds) and decision.occasion in (QUEUE, GRID)
    ]
    decided = Verdicts(here).all()
    spent = rounds[-1]["decided_total"] if rounds else 0
    return {
        "name": folder.name,
        "dataset": facts["config"]["dataset"],
        "noise": facts["config"]["noise"],
        "state": state_of(folder, facts, rounds, len(decided)),
        "round": max(len(rounds) - 1, 0),
        "rounds": facts["config"]["rounds"],
        "decided_total": spent + sum(decision.kind == "label" for decision in decided.values()),
        "budget_total": facts["config"]["rounds"] * (facts["config"]["budget"] or 0),
        "macro_f1_best": max((entry["macro_f1"]["best"] for entry in rounds), default=None),
        "created": facts["created"],
    }
