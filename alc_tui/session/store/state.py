"""Determines the state of a session from its document, locks, and events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from alc_tui.session.store import events, lock
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import GRID, LABEL, QUEUE, Journal, Verdicts
from alc_tui.session.store.queue import is_finished_early
from alc_tui.session.store.records import RoundRecord, SessionRecord
from alc_tui.session.store.typed_json import encode


class State(StrEnum):
    """The state of a session. STOPPED: LNL was interrupted. DECIDED: waiting for retraining."""

    NEW = "new"
    STOPPED = "stopped"
    TRAINING = "training"
    FAILED = "failed"
    LABELING = "labeling"
    DECIDED = "decided"
    DONE = "done"


@dataclass(frozen=True)
class Overview:
    """A one-line summary of a session. noise: the injected rate, None if none was injected. round: the last finished
    one.

    decided_total: labels decided so far, of the budget. macro_f1_best: the highest of all rounds, None before LNL.
    """

    name: str
    dataset: str
    noise: float | None
    state: State
    round: int
    rounds: int
    decided_total: int
    budget_total: int
    macro_f1_best: float | None
    created: str

    def to_dict(self) -> dict[str, Any]:
        """The values by name, fit for JSON."""
        return encode(self)


def state_of(folder: SessionFolder, session: SessionRecord, rounds: Sequence[RoundRecord], undecided: int) -> State:
    """The state of a session.

    session, rounds: of the session's document. undecided: samples of the current round's queue without a verdict.
    """
    if lock.is_held(folder.worker_lock):
        return State.TRAINING
    current = len(rounds)
    if current > session.config.rounds or (rounds and rounds[-1].queued == 0):
        return State.DONE
    if undecided and not session.is_frozen(current):
        return State.LABELING
    if events.last_failure(folder.events) is not None:
        return State.FAILED
    if rounds:
        return State.DECIDED
    return State.STOPPED if folder.events.exists() else State.NEW


def overview(folder: SessionFolder, on_torn: Callable[[str], None] | None = None) -> Overview:
    """One line of `session list`, from the document and the journal only. on_torn: see `Journal`."""
    document = Document(folder.document)
    session, rounds = document.session, document.rounds
    config = session.config
    decisions = Journal(folder.journal, on_torn).decisions
    here = [one for one in decisions if one.round >= len(rounds) and one.occasion in (QUEUE, GRID)]
    verdicts = Verdicts(here).all().values()
    decided = sum(verdict.round == len(rounds) for verdict in verdicts)
    decided_before, queued = (rounds[-1].decided_total, rounds[-1].queued) if rounds else (0, 0)
    undecided = 0 if is_finished_early(len(rounds), decisions) else queued - decided
    return Overview(
        name=folder.name,
        dataset=config.dataset,
        noise=config.noise,
        state=state_of(folder, session, rounds, undecided),
        round=max(len(rounds) - 1, 0),
        rounds=config.rounds,
        decided_total=decided_before + sum(verdict.kind == LABEL for verdict in verdicts),
        budget_total=config.rounds * (config.budget or 0),
        macro_f1_best=max((record.macro_f1.best for record in rounds), default=None),
        created=session.created,
    )
