from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from alc_tui.errors import AlcError
from alc_tui.session.labeling.review import (
    KINDS,
    Case,
    annotators_disagree,
    cases_of,
    changed,
    flagged,
    model_disagrees,
    skipped,
)
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_round
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from tests.made_sessions import compare_as, finish_round, make_session


def near_duplicates(service: SessionService) -> list[Case]:
    return cases_of("near duplicates", service, service.config.blind)


def outliers(service: SessionService) -> list[Case]:
    return cases_of("outliers", service, service.config.blind)


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


def test_every_verdict_is_in_the_list_of_what_was_decided(anna: SessionService) -> None:
    a, b, c, d, e = anna.queue
    labels = {a: anna.given_label(a), b: other_class(anna, anna.given_label(b)), c: anna.given_label(c)}
    for sample, label in labels.items():
        anna.decide(sample, Verdict("label", label))
    anna.decide(d, Verdict("exclude"))
    anna.decide(e, Verdict("skip"))
    found = {
        name: [case.sample for case in KINDS[name](anna)] for name in ("confirmed", "changed", "excluded", "skipped")
    }
    assert found == {"confirmed": [c, a], "changed": [b], "excluded": [d], "skipped": [e]}


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
    anna.review(cases[0].sample, Verdict("label", decided[cases[0].sample]))
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
    assert [(case.sample, case.verdict and case.verdict.answer, case.dissenter, case.other) for case in cases] == [
        (b, "NV", "ben", "BCC"), (b, "NV", "carl", "MEL"), (d, "skip", "ben", "NV"),
    ]  # fmt: skip
    assert {case.share for case in cases} == {None}


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
    (case,) = annotators_disagree(anna)
    assert case.sample == a and case.verdict is not None and case.verdict.label == "MEL"


def in_groups(service: SessionService) -> tuple[list[int], list[int]]:
    """Positions of training samples outside the queue, and of test samples, by given label 0, 1, 2, 0, …"""
    samples, queue = service.samples, set(service.queue)

    def ordered(positions: list[int]) -> list[int]:
        by_label = [[each for each in positions if samples.given[each] == label] for label in range(3)]
        return [group[number] for number in range(2) for group in by_label]

    return ordered([each for each in samples.train.tolist() if samples.ids[each] not in queue]), ordered(
        samples.test.tolist()
    )


def test_near_duplicates_with_different_labels_are_listed_the_most_similar_groups_first(
    session: SessionFolder, anna: SessionService
) -> None:
    (a, b, c, *_), (test, *_) = in_groups(anna)
    compare_as(session, {(a, b): 0.9, (c, test): 0.95})
    ids = anna.samples.ids
    cases = near_duplicates(anna)
    told = [(case.sample, case.near_duplicate) for case in cases]
    assert [sample for sample, _ in told] == [ids[c], ids[a]]
    (_, first), (_, second) = told
    assert first is not None and (first.sample, first.position, first.split) == (ids[test], test, "test")
    assert first.label == anna.classes[anna.samples.given[test]] and first.similarity == pytest.approx(0.95)
    assert second is not None and (second.sample, second.split) == (ids[b], "train")


def test_near_duplicates_that_agree_or_are_excluded_or_relabeled_are_not_listed(
    session: SessionFolder, anna: SessionService
) -> None:
    (a, b, c, d, *_), _ = in_groups(anna)
    first, second = anna.queue[:2]
    queued = {str(sample): place for place, sample in enumerate(anna.samples.ids)}
    compare_as(session, {(a, d): 0.9, (b, queued[first]): 0.9, (c, queued[second]): 0.9})
    anna.decide(first, Verdict("label", anna.given_label(str(anna.samples.ids[b]))))
    anna.decide(second, Verdict("exclude"))
    assert near_duplicates(anna) == []
    anna.review(first, Verdict("label", other_class(anna, anna.given_label(str(anna.samples.ids[b])))))
    (case,) = near_duplicates(anna)  # the one that can be reviewed
    assert (case.sample, case.verdict) == (first, anna.verdict(first))
    assert case.near_duplicate is not None and case.near_duplicate.sample == anna.samples.ids[b]


def test_training_samples_like_one_of_another_split_are_listed_first_whatever_the_labels(
    session: SessionFolder, anna: SessionService
) -> None:
    (a, b, *_), _ = in_groups(anna)
    samples, queue = anna.samples, set(anna.queue)
    free = [each for each in samples.train.tolist() if samples.ids[each] not in queue and each not in (a, b)]
    held_out = [*samples.validation[:3].tolist(), *samples.test.tolist()]
    test = next(each for each in samples.test.tolist() if samples.given[each] in samples.given[free])
    same = next(each for each in free if samples.given[each] == samples.given[test])
    compare_as(session, {(a, b): 0.95, (same, test): 0.9, (held_out[0], held_out[1]): 0.99})
    first, second = near_duplicates(anna)
    assert first.sample == samples.ids[same] and second.sample == samples.ids[a]
    assert first.near_duplicate is not None and second.near_duplicate is not None
    assert (first.near_duplicate.split, first.near_duplicate.differs) == ("test", False)
    assert (second.near_duplicate.split, second.near_duplicate.differs) == ("train", True)


def test_one_in_another_split_is_told_rather_than_one_with_another_label(
    session: SessionFolder, anna: SessionService
) -> None:
    (a, b, *_), _ = in_groups(anna)
    validation = int(anna.samples.validation[0])
    compare_as(session, {(a, b): 0.9, (a, validation): 0.9})  # a group of three
    cases = near_duplicates(anna)
    assert [case.near_duplicate and case.near_duplicate.position for case in cases] == [validation] * 2


def test_an_excluded_sample_no_longer_leaks(session: SessionFolder, anna: SessionService) -> None:
    first = anna.queue[0]
    place = {str(sample): position for position, sample in enumerate(anna.samples.ids)}
    compare_as(session, {(place[first], int(anna.samples.test[0])): 0.9})
    assert near_duplicates(anna) == []  # undecided samples of the queue are not shown in advance
    anna.decide(first, Verdict("skip"))
    (case,) = near_duplicates(anna)
    assert case.sample == first
    anna.review(first, Verdict("exclude"))
    assert near_duplicates(anna) == []


def test_outliers_are_training_samples_the_farthest_first(session: SessionFolder, anna: SessionService) -> None:
    (a, b, c, *_), (test, *_) = in_groups(anna)
    compare_as(session, {}, {a: 4.0, b: 7.0, c: 3.4, test: 9.0})
    ids = anna.samples.ids
    assert [(case.sample, case.outlier_score) for case in outliers(anna)] == [(ids[b], 7.0), (ids[a], 4.0)]


def test_undecided_samples_of_the_queue_are_not_shown_in_advance(session: SessionFolder, anna: SessionService) -> None:
    first = anna.queue[0]
    position = anna.samples.ids.tolist().index(first)
    compare_as(session, {}, {position: 5.0})
    assert outliers(anna) == []
    anna.decide(first, Verdict("flag"))
    assert [case.sample for case in outliers(anna)] == [first]


def test_in_a_blind_session_only_decided_samples_are_listed(tmp_path: Path) -> None:
    folder = make_session(tmp_path / "skin", blind=True)
    with SessionService(folder, "anna", write=True) as service:
        (a, *_), _ = in_groups(service)
        position = service.samples.ids.tolist().index(service.queue[0])
        compare_as(folder, {}, {a: 5.0, position: 5.0})
        service.decide(service.queue[0], Verdict("label", "NV"))
        assert [case.sample for case in outliers(service)] == [service.queue[0]]


@pytest.mark.parametrize("content", [b"", b"PK damaged", None])
def test_a_damaged_comparison_is_a_sentence(
    session: SessionFolder, anna: SessionService, content: bytes | None
) -> None:
    if content is None:
        compare_as(session, {(0, 1): 0.9}, samples=7)
    else:
        session.similarity.write_bytes(content)
    with pytest.raises(AlcError, match=r"similarity\.npz is missing or damaged"):
        near_duplicates(anna)


def test_a_near_duplicate_that_is_undecided_in_the_queue_is_not_told(
    session: SessionFolder, anna: SessionService
) -> None:
    first, second = anna.queue[:2]
    place = {str(sample): position for position, sample in enumerate(anna.samples.ids)}
    compare_as(session, {(place[first], place[second]): 0.9})
    anna.decide(first, Verdict("label", other_class(anna, anna.given_label(second))))
    assert near_duplicates(anna) == []
    anna.decide(second, Verdict("flag"))
    (case,) = near_duplicates(anna)
    assert case.near_duplicate is not None and {case.sample, case.near_duplicate.sample} == {first, second}


def test_in_blind_mode_no_undecided_sample_is_listed_nor_its_label_told(
    session: SessionFolder, anna: SessionService
) -> None:
    (a, b, c, *_), _ = in_groups(anna)
    compare_as(session, {(a, b): 0.9}, {c: 5.0})
    for kind in ("near duplicates", "outliers"):
        assert cases_of(kind, anna, is_blind=False) != []
        assert cases_of(kind, anna, is_blind=True) == []


def test_the_skipped_are_listed_oldest_first(anna: SessionService) -> None:
    for sample in anna.queue[:2]:
        anna.decide(sample, Verdict("skip"))
    assert [case.sample for case in skipped(anna)] == anna.queue[:2]
