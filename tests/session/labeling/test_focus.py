"""A focus class is a decision of the journal, and can be cleared."""

from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.errors import SessionUnavailable, UsageError
from alc_tui.session.labeling.merge import merge
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdict
from tests.made_sessions import finish_round, make_session
from tests.session.small import copy


def test_it_is_recorded_with_who_set_it_and_for_which_round(session: SessionFolder) -> None:
    with SessionService(session, "anna", write=True) as service:
        assert service.focus is None
        assert service.set_focus("BCC") == 2
        assert service.focus == "BCC"
    (decision,) = Journal(session.journal).decisions
    assert (decision.kind, decision.label, decision.occasion, decision.annotator) == ("focus", "BCC", "ranking", "anna")
    assert (decision.sample, decision.round) == ("", 1)
    assert SessionService(session).focus == "BCC"


def test_it_can_be_changed_and_cleared(session: SessionFolder) -> None:
    with SessionService(session, "anna", write=True) as service:
        service.set_focus("BCC")
        service.set_focus("MEL")
        assert service.focus == "MEL"
        service.set_focus(None)
        assert service.focus is None
        assert [one.kind for one in service.decisions] == ["focus", "focus", "undo"]
        with pytest.raises(UsageError, match="has no focus class to clear"):
            service.set_focus(None)


def test_the_same_class_again_is_not_recorded_again(session: SessionFolder) -> None:
    with SessionService(session, "anna", write=True) as service:
        assert service.set_focus("NV") == service.set_focus("NV") == 2
        assert len(service.decisions) == 1


def test_it_is_neither_a_verdict_nor_a_cost_nor_undone_with_verdicts(session: SessionFolder) -> None:
    with SessionService(session, "anna", write=True) as service:
        service.decide(service.queue[0], Verdict("label", "NV"))
        before = service.progress(), service.verdicts(), service.flow(), service.agreement(), service.state
        service.set_focus("NV")
        assert (service.progress(), service.verdicts(), service.flow(), service.agreement(), service.state) == before
        undone = service.undo()
        assert undone is not None and undone.sample == service.queue[0]
        assert service.undo() is None and service.focus == "NV"


def test_an_unknown_class_is_refused(session: SessionFolder) -> None:
    with SessionService(session, "anna", write=True) as service:
        with pytest.raises(UsageError, match="Unknown class 'XY'; the classes are MEL, NV, BCC"):
            service.set_focus("XY")
        assert service.decisions == []


def test_once_the_last_round_is_ranked_it_is_refused(tmp_path: Path) -> None:
    folder = make_session(tmp_path / "skin", rounds=1)
    with SessionService(folder, "anna", write=True) as service, pytest.raises(UsageError, match="are ranked already"):
        service.set_focus("NV")


def test_those_who_watch_cannot_set_it(session: SessionFolder) -> None:
    with pytest.raises(SessionUnavailable, match="read-only"):
        SessionService(session, "ben").set_focus("NV")


def test_while_a_round_is_retrained_it_is_for_the_one_after_the_next(tmp_path: Path) -> None:
    folder = make_session(tmp_path / "skin", rounds=3)
    with SessionService(folder, "anna", write=True) as service:
        for sample in service.queue:
            service.decide(sample, Verdict("skip"))
        finish_round(folder)
        service.refresh()
        assert service.set_focus("NV") == 3


def test_a_merge_leaves_the_focus_class_of_a_copy_alone(session: SessionFolder, tmp_path: Path) -> None:
    other = copy(session, tmp_path / "other")
    with SessionService(other, "ben", write=True) as there:
        there.set_focus("BCC")
        there.decide(there.queue[0], Verdict("label", "NV"))
    with SessionService(session, "anna", write=True) as service:
        service.set_focus("MEL")
        assert merge(service, [SessionService(other)]).added == 1
        assert service.focus == "MEL"


def test_it_belongs_to_a_class_of_the_session(session: SessionFolder) -> None:
    with SessionService(session, "anna", write=True) as service:
        service.set_focus("BCC")
    session.journal.write_text(session.journal.read_text().replace("BCC", "XYZ"))
    with pytest.raises(Exception, match="no class 'XYZ'"):
        SessionService(session)
