from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from alc_tui.session.labeling.review import KINDS, annotators_disagree, changed, flagged, model_disagrees
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_round
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from tests.made_sessions import finish_round


@pytest.fixture
def anna(session: SessionFolder) -> Iterator[SessionService]:
    """The made session, its queue of five samples open."""
    with SessionService(session, "anna", write=True) as service:
        yield service


def other_class(service: SessionService, *taken: str) -> str:
    return next(name for name in service.classes if name not in taken)


def as_annotator(service: SessionService, who: str, sample: str, label: str, occasion: str = "second") -> None:
    """Somebody else decides in the same session."""
    service.annotator, before = who, service.annotator
    service.decide(sample, Verdict("label", label), occasion)
    service.annotator = before


def test_without_verdicts_there_is_nothing_to_review(anna: SessionService) -> None:
    assert {name: find(anna) for name, find in KINDS.items()} == {name: [] for name in KINDS}


def test_flagged_are_those_that_were_set_aside_oldest_first(anna: SessionService) -> None:
    a, b, c, d, _ = anna.queue
    for sample, kind in ((c, "flag"), (a, "flag"), (b, "skip"), (d, "exclude")):
        anna.decide(sample, Verdict(kind))
    assert [case.sample for case in flagged(anna)] == [c, a]
    anna.review(c, Verdict("label", "NV"))
    assert [case.sample for case in flagged(anna)] == [a]


def test_changed_are_labels_other_than_the_given_one_latest_first(anna: SessionService) -> None:
    a, b, c, d, _ = anna.queue
    anna.decide(a, Verdict("label", other_class(anna, anna.given_label(a))))
    anna.decide(b, Verdict("label", anna.given_label(b)))
    anna.decide(c, Verdict("label", other_class(anna, anna.given_label(c))))
    anna.decide(d, Verdict("skip"))
    assert [case.sample for case in changed(anna)] == [c, a]
    assert [case.verdict for case in changed(anna)] == [anna.verdict(c), anna.verdict(a)]


def test_the_new_model_disagrees_where_it_would_say_another_class_the_surest_first(
    session: SessionFolder, anna: SessionService
) -> None:
    decided = dict(zip(anna.queue, ["MEL", "NV", "BCC", "MEL", "NV"], strict=True))
    for sample, label in decided.items():
        anna.decide(sample, Verdict("label", label))
    assert model_disagrees(anna) == []
    finish_round(session)
    anna.refresh()
    ids, told_of = anna.samples.ids[anna.samples.train].tolist(), load_round(session.round_arrays(1)).probabilities
    told = dict(zip(ids, told_of, strict=True))
    expected = {
        sample: (anna.classes[int(np.argmax(told[sample]))], float(np.max(told[sample])))
        for sample, label in decided.items()
        if anna.classes[int(np.argmax(told[sample]))] != label
    }
    cases = model_disagrees(anna)
    assert expected and {case.sample: (case.other, case.share) for case in cases} == expected
    shares = [case.share for case in cases]
    assert shares == sorted(shares, key=lambda share: -(share or 0))
    assert {case.dissenter for case in cases} == {"model"}
    anna.review(cases[0].sample, Verdict(cases[0].verdict.kind, cases[0].verdict.label))
    assert [case.sample for case in model_disagrees(anna)] == [case.sample for case in cases[1:]]


def test_the_model_disagrees_with_labels_only(session: SessionFolder, anna: SessionService) -> None:
    for sample in anna.queue:
        anna.decide(sample, Verdict("flag"))
    finish_round(session)
    anna.refresh()
    assert model_disagrees(anna) == []


def test_annotators_disagree_where_their_answers_differ(anna: SessionService) -> None:
    a, b, c, d, _ = anna.queue
    for sample in (a, b, c):
        anna.decide(sample, Verdict("label", "NV"))
    anna.decide(d, Verdict("skip"))
    as_annotator(anna, "ben", a, "NV")
    as_annotator(anna, "ben", b, "BCC")
    as_annotator(anna, "carl", b, "MEL")
    as_annotator(anna, "ben", d, "NV")
    cases = annotators_disagree(anna)
    assert [(case.sample, case.verdict.answer, case.dissenter, case.other, case.share) for case in cases] == [
        (b, "NV", "ben", "BCC", None), (b, "NV", "carl", "MEL", None), (d, "skip", "ben", "NV", None),
    ]  # fmt: skip


@pytest.mark.parametrize("trained", [False, True])
def test_a_disagreement_that_was_reviewed_is_settled_whatever_the_review_said(
    session: SessionFolder, anna: SessionService, trained: bool
) -> None:
    a, b, *rest = anna.queue
    for sample in (a, b, *rest):
        anna.decide(sample, Verdict("label", "NV"))
    as_annotator(anna, "ben", a, "BCC")
    as_annotator(anna, "ben", b, "BCC")
    if trained:
        finish_round(session)
        anna.refresh()
    anna.review(a, Verdict("label", "NV"))
    assert [case.sample for case in annotators_disagree(anna)] == [b]
    anna.review(b, Verdict("label", "BCC"))
    assert annotators_disagree(anna) == []
    undone = anna.undo(("queue", "review"), among={b})
    assert undone is not None and [case.sample for case in annotators_disagree(anna)] == [b]


def test_a_verdict_taken_back_and_given_anew_without_a_review_settles_nothing(anna: SessionService) -> None:
    a = anna.queue[0]
    anna.decide(a, Verdict("label", "NV"))
    as_annotator(anna, "ben", a, "BCC")
    anna.undo()
    assert annotators_disagree(anna) == []
    anna.decide(a, Verdict("label", "MEL"))
    assert [(case.sample, case.verdict.label) for case in annotators_disagree(anna)] == [(a, "MEL")]
