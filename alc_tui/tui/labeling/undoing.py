"""What an undo took back, in words."""

from __future__ import annotations

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import FINISH, QUEUE, Decision
from alc_tui.tui.labeling import texts
from alc_tui.tui.labeling.blind_mode import BlindMode


def taken_back(decision: Decision, service: SessionService, blind_mode: BlindMode) -> str:
    """The decision that was taken back. A blind one is not compared with the given label; of one whose sample waits for
    a blind verdict, nothing is told."""
    if decision.kind == FINISH:
        return texts.undone(decision, None, "")
    name, is_open = blind_mode.name(decision.sample), service.verdict(decision.sample) is None
    if is_open and blind_mode.hides(decision.sample, QUEUE):
        return texts.undone_unseen(decision.annotator, name)
    given = None if decision.blind else service.given_label(decision.sample)
    return texts.undone(decision, given, name)
