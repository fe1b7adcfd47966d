"""The focus class, of which later rounds show more, as the journal says."""

from __future__ import annotations

from collections.abc import Sequence

from alc_tui.session.store.journal import FOCUS, RANKING, Decision


def focus_of(decisions: Sequence[Decision]) -> str | None:
    """The focus class; None if there is none, or if it was cleared."""
    decision = focus_decision(decisions)
    return None if decision is None else decision.label


def focus_decision(decisions: Sequence[Decision]) -> Decision | None:
    """The decision that set the focus class."""
    last = next((decision for decision in reversed(decisions) if decision.occasion == RANKING), None)
    return last if last is not None and last.kind == FOCUS else None
