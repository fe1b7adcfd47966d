"""A flag can carry a note."""

from __future__ import annotations

import json

from alc_tui.session.labeling.merge import merge
from alc_tui.session.labeling.review import flagged
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from tests.session.small import copy


def test_a_note_is_read_as_it_was_written(session: SessionFolder) -> None:
    with SessionService(session, "anna", write=True) as anna:
        anna.decide(anna.queue[0], Verdict("flag", note='Naïve? "two" lesions'))
    (case,) = flagged(SessionService(session))
    assert case.verdict is not None and case.verdict.note == 'Naïve? "two" lesions'


def test_lines_without_a_note_are_those_of_earlier_versions(session: SessionFolder) -> None:
    with SessionService(session, "anna", write=True) as anna:
        anna.decide(anna.queue[0], Verdict("flag"))
        anna.decide(anna.queue[1], Verdict("flag", note="blurred"))
    first, second = map(json.loads, session.journal.read_text().splitlines())
    assert "note" not in first and second["note"] == "blurred"
    assert [decision.note for decision in SessionService(session).decisions] == ["", "blurred"]


def test_a_merge_keeps_the_note(session: SessionFolder) -> None:
    other = copy(session, session.path.with_name("other"))
    with SessionService(other, "ben", write=True) as ben, SessionService(session, "anna", write=True) as anna:
        ben.decide(ben.queue[0], Verdict("flag", note="blurred"))
        merge(anna, [ben])
        verdict = anna.verdict(anna.queue[0])
    assert verdict is not None and (verdict.note, verdict.annotator) == ("blurred", "ben")
