"""A round that is finished before its queue is decided."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alc_tui.errors import SessionUnavailable, UsageError
from alc_tui.session.labeling.merge import merge
from alc_tui.session.labeling.passes import QueuePass
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.session.store.records import Retraining
from alc_tui.session.store.state import overview
from tests.made_sessions import finish_round, make_session, update_facts
from tests.session.small import copy


@pytest.fixture
def anna(session: SessionFolder) -> Iterator[SessionService]:
    with SessionService(session, "anna", write=True) as service:
        yield service


def decide(service: SessionService, count: int) -> list[str]:
    """Skip what is next, some samples long."""
    samples = service.queue[:count]
    for sample in samples:
        service.decide(sample, Verdict("skip"))
    return samples


def test_its_queue_is_what_was_decided_and_it_can_be_retrained(session: SessionFolder, anna: SessionService) -> None:
    decided = decide(anna, 2)
    anna.finish_round()
    assert anna.queue == decided and anna.is_finished_early
    assert anna.state == overview(session).state == "decided"
    assert SessionService(session).queue == decided


def test_samples_decided_out_of_order_stay(anna: SessionService) -> None:
    last = anna.queue[-1]
    anna.decide(last, Verdict("label", "NV"), occasion="grid")
    anna.finish_round()
    assert anna.queue == [last]


def test_what_was_undone_before_is_not_in_its_queue(anna: SessionService) -> None:
    kept, undone = decide(anna, 2)
    anna.undo()
    anna.finish_round()
    assert anna.queue == [kept] and anna.verdict(undone) is None


def test_the_journal_records_who_finished_which_round(anna: SessionService) -> None:
    decide(anna, 1)
    anna.finish_round()
    last = SessionService(anna.folder).decisions[-1]
    assert (last.kind, last.occasion, last.round, last.annotator, last.sample) == ("finish", "round", 1, "anna", "")
    assert len(anna.verdicts()) == 1 and anna.progress().ledger.shown == 1


def test_undo_opens_it_again_before_it_takes_back_a_verdict(session: SessionFolder, anna: SessionService) -> None:
    queue = list(anna.queue)
    decided = decide(anna, 2)
    anna.finish_round()
    undone = anna.undo()
    assert undone is not None and undone.kind == "finish"
    assert anna.queue == queue and anna.state == overview(session).state == "labeling"
    undone = anna.undo()
    assert undone is not None and undone.sample == decided[-1]


def test_undo_takes_back_first_what_came_last(anna: SessionService) -> None:
    (sample,) = decide(anna, 1)
    anna.finish_round()
    anna.review(sample, Verdict("flag"))
    assert [getattr(anna.undo(), "kind", None) for _ in range(4)] == ["flag", "finish", "skip", None]


def test_the_next_round_is_as_long_as_without_it_and_may_show_the_rest(
    session: SessionFolder, anna: SessionService
) -> None:
    decided = decide(anna, 2)
    anna.finish_round()
    finish_round(session)
    anna.refresh()
    assert len(anna.queue) == 5 and not anna.is_finished_early
    assert not set(decided) & set(anna.queue)
    assert anna.queue_of(1).ids == decided


def test_it_cannot_be_taken_back_while_it_is_retrained(session: SessionFolder, anna: SessionService) -> None:
    decide(anna, 2)
    anna.finish_round()
    update_facts(session, retraining=Retraining(1, len(anna.decisions)))
    assert anna.undo() is None
    with pytest.raises(UsageError, match="no undecided samples"):
        anna.finish_round()


def test_a_round_without_any_decision_is_not_finished(anna: SessionService) -> None:
    with pytest.raises(UsageError, match="decide at least one sample before you finish it"):
        anna.finish_round()
    assert list(anna.decisions) == []


def test_a_decided_round_has_nothing_to_finish(anna: SessionService) -> None:
    decide(anna, 5)
    with pytest.raises(UsageError, match="no undecided samples"):
        anna.finish_round()


def test_those_who_watch_cannot_finish_it(session: SessionFolder, anna: SessionService) -> None:
    decide(anna, 1)
    with pytest.raises(SessionUnavailable, match="read-only"):
        SessionService(session).finish_round()


def test_merging_leaves_out_that_a_copy_finished_its_round(session: SessionFolder, anna: SessionService) -> None:
    other = copy(session, session.path.with_name("other"))
    with SessionService(other, "ben", write=True) as ben:
        decide(ben, 2)
        ben.finish_round()
        counts = merge(anna, [ben])
    assert (counts.added, counts.left_out) == (2, 0)
    assert len(anna.queue) == 5 and not anna.is_finished_early


class TestPass:
    @pytest.fixture
    def session(self, session: SessionFolder) -> SessionFolder:
        return make_session(session.path.with_name("repeated"), budget=12, repeat=0.25)

    def test_it_ends_at_once_without_the_repeats_that_are_left(self, anna: SessionService) -> None:
        way = QueuePass(anna)
        for _ in range(6):
            showing = way.next()
            assert showing is not None
            way.decide(showing, Verdict("skip", seconds=1.0))
        way.finish()
        assert way.next() is None and way.is_over

    def test_its_undo_shows_the_sample_that_was_next(self, anna: SessionService) -> None:
        way = QueuePass(anna)
        showing = way.next()
        assert showing is not None
        way.decide(showing, Verdict("skip", seconds=1.0))
        following = way.next()
        way.finish()
        undone = way.undo()
        assert undone is not None and undone.decision.kind == "finish"
        assert following is not None and undone.showing is not None
        assert (undone.showing.item.sample, undone.showing.of) == (following.item.sample, following.of)

    def test_an_undo_elsewhere_opens_its_samples_again(self, anna: SessionService) -> None:
        way = QueuePass(anna)
        showing = way.next()
        assert showing is not None
        way.decide(showing, Verdict("skip", seconds=1.0))
        following, outcomes = way.next(), way.outcomes()
        assert following is not None
        way.finish()
        assert way.next() is None
        anna.undo()
        again, last = way.next(), way.at(anna.queue[-1])
        assert again is not None and again.item.sample == following.item.sample
        assert way.outcomes() == outcomes
        assert (last.item.sample, last.of) == (anna.queue[-1], following.of)


class TestLive:
    @pytest.fixture
    def session(self, session: SessionFolder) -> SessionFolder:
        path = session.path.with_name("live")
        return make_session(path, samples=120, budget=4, rounds=3, freeze=True, live=True)

    def test_the_rest_can_be_decided_ahead_for_the_next_round(self, anna: SessionService) -> None:
        rest = anna.queue[2:]
        decide(anna, 2)
        anna.finish_round()
        assert [item.sample for item in anna.ahead(2)] == rest
        anna.decide(rest[0], Verdict("skip"))
        assert anna.decisions[-1].round == 2 and anna.queue_of(1).ids == anna.queue


def test_without_live_nothing_can_be_decided_ahead(anna: SessionService) -> None:
    rest = anna.queue[2:]
    decide(anna, 2)
    anna.finish_round()
    assert anna.ahead(5) == []
    with pytest.raises(UsageError, match="is not in the queue"):
        anna.decide(rest[0], Verdict("skip"))
