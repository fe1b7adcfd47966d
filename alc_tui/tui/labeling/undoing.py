"""What an undo took back, in words."""

from __future__ import annotations

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import FINISH, Decision
from alc_tui.tui.labeling import texts
from alc_tui.tui.labeling.blind_mode import BlindMode


def taken_back(decision: Decision, service: SessionService, blind_mode: BlindMode) -> str:
    """The decision that was taken back; a blind one is not compared with the given label."""
    if decision.kind == FINISH:
        return texts.undone(decision, None, "")
    given = None if decision.blind else service.given_label(decision.sample)
    return texts.undone(decision, given, blind_mode.name(decision.sample))
