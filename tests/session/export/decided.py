"""A session with one verdict of each kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from tests.made_sessions import finish_round


@pytest.fixture
def service(session: SessionFolder) -> Iterator[SessionService]:
    """A round with a confirmed, a changed, a skipped, a flagged and an excluded sample; finished."""
    with SessionService(session, "anna", write=True) as opened:
        decide_one_of_each_kind(opened)
        finish_round(session)
        opened.refresh()
        yield opened


def decide_one_of_each_kind(service: SessionService) -> None:
    """Confirm, change, skip, flag and exclude the five samples of the queue."""
    confirmed, changed, skipped, flagged, excluded = service.queue
    service.decide(confirmed, Verdict("label", service.given_label(confirmed), 1.0))
    service.decide(changed, Verdict("label", other_label(service, changed), 1.0))
    service.decide(skipped, Verdict("skip"))
    service.decide(flagged, Verdict("flag", note='hair, "very" blurred'))
    service.decide(excluded, Verdict("exclude"))


def other_label(service: SessionService, sample: str) -> str:
    """A class that is not the given label."""
    return next(name for name in service.classes if name != service.given_label(sample))
