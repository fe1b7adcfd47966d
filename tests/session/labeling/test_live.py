"""Labeling while a round of a live session is retrained: each verdict belongs to one round, and no round to more."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from alc_tui.errors import UsageError
from alc_tui.session.labeling.merge import merge
from alc_tui.session.labeling.passes import QueuePass, SecondPass
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdict
from alc_tui.session.store.records import Retraining
from alc_tui.session.store.state import overview
from tests.made_sessions import finish_round, make_session, update_facts
from tests.session.small import copy

BUDGET = 4


@pytest.fixture
def live(tmp_path: Path) -> SessionFolder:
    """Three rounds of four samples."""
    return make_session(tmp_path / "live", samples=120, budget=BUDGET, rounds=3, freeze=True, live=True)


@pytest.fixture
def anna(live: SessionFolder) -> Iterator[SessionService]:
    with SessionService(live, "anna", write=True) as service:
        yield service


def decide(service: SessionService, count: int, kind: str = "skip") -> list[str]:
    """Decide what is shown next, some samples long; returns them."""
    samples = []
    for _ in range(count):
        showing = QueuePass(service).next()
        assert showing is not None
        label = "NV" if kind == "label" else None
        QueuePass(service).decide(showing, Verdict(kind, label, 1.0))
        samples.append(showing.item.sample)
    return samples


def freeze(service: SessionService) -> None:
    """The worker takes the round's decisions."""
    update_facts(service.folder, retraining=Retraining(service.round, len(service.decisions)))


def test_a_live_session_ranks_more_than_a_round_shows(anna: SessionService) -> None:
    assert len(anna.queue) == BUDGET
    assert anna.ranked == 2 * BUDGET


def test_nothing_is_decided_ahead_before_the_queue_is_decided(anna: SessionService) -> None:
    decide(anna, BUDGET - 1)
    reserve = anna.evidence(1).ranking[BUDGET]
    assert anna.ahead(1) == [] and not anna.may_decide_ahead(reserve)
    with pytest.raises(UsageError, match="is not in the queue of round 1"):
        anna.decide(reserve, Verdict("skip"))


def test_verdicts_during_the_retraining_follow_the_ranking_and_belong_to_the_next_round(anna: SessionService) -> None:
    first = decide(anna, BUDGET)
    before_freezing = decide(anna, 1)
    freeze(anna)
    after_freezing = decide(anna, 1)
    assert first + before_freezing + after_freezing == anna.evidence(1).ranking[: BUDGET + 2]
    assert [one.round for one in anna.decisions] == [1] * BUDGET + [2, 2]


def test_no_more_are_decided_ahead_than_the_next_round_shows(anna: SessionService) -> None:
    decide(anna, 2 * BUDGET)
    assert QueuePass(anna).next() is None
    assert len(anna.decided_ahead) == BUDGET


def test_nothing_is_decided_ahead_of_the_last_round(live: SessionFolder, anna: SessionService) -> None:
    for _ in range(2):
        decide(anna, BUDGET)
        finish_round(live)
        anna.refresh()
    decide(anna, BUDGET)
    assert anna.round == 3 and QueuePass(anna).next() is None


def test_the_new_queue_holds_what_was_decided_ahead_and_is_no_longer(live: SessionFolder, anna: SessionService) -> None:
    decide(anna, BUDGET)
    ahead = decide(anna, 2)
    finish_round(live)
    anna.refresh()
    assert anna.round == 2 and set(ahead) < set(anna.queue) and len(anna.queue) == BUDGET
    assert anna.progress().decided == 2
    rest = decide(anna, BUDGET - 2)
    assert not set(rest) & set(ahead)
    assert overview(live).state == "decided"


def test_the_sample_on_the_screen_is_in_the_new_queue(live: SessionFolder, anna: SessionService) -> None:
    decide(anna, BUDGET + 1)
    showing = QueuePass(anna).next()
    assert showing is not None
    finish_round(live)
    anna.refresh(keep=showing.item.sample)
    assert showing.item.sample in anna.queue and len(anna.queue) == BUDGET
    anna.decide(showing.item.sample, Verdict("skip"))
    queue = anna.queue
    decide(anna, 2)
    anna.refresh()
    assert anna.queue == queue


def test_a_verdict_keeps_the_suggestion_that_was_shown(live: SessionFolder, anna: SessionService) -> None:
    decide(anna, BUDGET)
    showing = QueuePass(anna).next()
    assert showing is not None
    for _ in range(3):  # until the models disagree
        item = showing.item
        finish_round(live)
        anna.refresh(keep=item.sample)
        if anna.item_of(item.sample).suggestion != item.suggestion:
            break
        decide(anna, BUDGET - 1)
    QueuePass(anna).decide(showing, Verdict("skip"))
    assert anna.decisions[-1].suggested == showing.item.suggestion


def test_the_labels_decided_ahead_count_once(live: SessionFolder, anna: SessionService) -> None:
    decide(anna, BUDGET, "label")
    decide(anna, 2, "label")
    assert anna.progress().spent == overview(live).decided_total == BUDGET + 2
    finish_round(live)
    anna.refresh()
    assert anna.rounds[-1].decided_total == BUDGET
    assert anna.progress().spent == overview(live).decided_total == BUDGET + 2


def test_undo_goes_back_through_what_was_decided_ahead_to_the_queue(anna: SessionService) -> None:
    samples = decide(anna, BUDGET + 2)
    undone = [anna.undo() for _ in range(3)]
    assert [one.sample for one in undone if one is not None] == samples[-1:-4:-1]
    assert anna.decisions[-1].round == 1
    assert overview(anna.folder).state == "labeling"


def test_undo_stops_at_the_verdicts_that_the_retraining_uses(anna: SessionService) -> None:
    samples = decide(anna, BUDGET + 1)
    freeze(anna)
    undone = anna.undo()
    assert undone is not None and undone.sample == samples[-1]
    assert anna.undo() is None
    showing = QueuePass(anna).next()
    assert showing is not None and showing.item.sample == samples[-1]


def test_a_sample_undone_during_the_retraining_is_in_the_new_queue(live: SessionFolder, anna: SessionService) -> None:
    undone = decide(anna, BUDGET + 1)[-1]
    anna.undo()
    finish_round(live)
    anna.refresh()
    assert undone in anna.queue and anna.verdict(undone) is None
    assert undone in decide(anna, BUDGET)
    assert overview(live).state == "decided"


def test_a_verdict_made_ahead_is_undone_in_its_round(live: SessionFolder, anna: SessionService) -> None:
    sample = decide(anna, BUDGET + 1)[-1]
    finish_round(live)
    anna.refresh()
    taken_back = QueuePass(anna).undo()
    assert taken_back is not None and taken_back.decision.sample == sample
    undone = taken_back.showing
    assert undone is not None and undone.item.sample == sample
    assert anna.queue[undone.number - 1] == sample or undone.number == 1
    assert anna.decisions[-1].round == 2 and anna.undo() is None


def test_a_review_of_a_sample_decided_ahead_belongs_to_its_round(anna: SessionService) -> None:
    sample = decide(anna, BUDGET + 1)[-1]
    anna.review(sample, Verdict("flag"))
    assert (anna.decisions[-1].round, anna.decisions[-1].occasion) == (2, "queue")
    freeze(anna)
    anna.review(sample, Verdict("exclude"))
    assert (anna.decisions[-1].round, anna.decisions[-1].occasion) == (2, "queue")
    assert anna.progress().decided == BUDGET


def test_opening_the_session_again_finds_the_same_queue(live: SessionFolder, anna: SessionService) -> None:
    decide(anna, BUDGET + 3)
    finish_round(live)
    anna.refresh()
    decide(anna, 1)
    with_anna = SessionService(live, "ben")
    assert with_anna.queue == anna.queue
    assert with_anna.state == "decided"


def test_whatever_is_pressed_each_verdict_belongs_to_one_round_and_no_round_has_more_than_its_budget(
    tmp_path: Path,
) -> None:
    for seed in range(12):
        rng = random.Random(seed)
        folder = make_session(tmp_path / f"s{seed}", samples=150, budget=BUDGET, rounds=5, freeze=True, live=True)
        with SessionService(folder, "anna", write=True) as service:
            while service.queue:
                _act(rng, service)
                if QueuePass(service).is_over and rng.random() < 0.4:
                    if not service.frozen and rng.random() < 0.5:
                        freeze(service)
                        continue
                    showing = QueuePass(service).next() if rng.random() < 0.7 else None
                    finish_round(folder)
                    service.refresh(None if showing is None else showing.item.sample)
        rounds = Document(folder.document).rounds
        assert [record.ledger.shown for record in rounds] == [0] + [BUDGET] * 5
        shown = [verdict.round for verdict in SessionService(folder).verdicts().values()]
        assert sorted(shown) == sorted([*range(1, 6)] * BUDGET)


def _act(rng: random.Random, service: SessionService) -> None:
    if rng.random() < 0.3:
        service.undo()
    elif (showing := QueuePass(service).next()) is not None:
        QueuePass(service).decide(showing, Verdict("skip"))


def test_a_second_pass_covers_the_samples_decided_ahead_once_their_round_is_open(
    live: SessionFolder, anna: SessionService
) -> None:
    samples = decide(anna, BUDGET + 2)
    during = SecondPass(SessionService(live, "ben"))
    assert during.title == "second pass of round 1"
    finish_round(live)
    after = SecondPass(SessionService(live, "ben"))
    assert after.title == "second pass of round 2"
    assert {item.sample for item in after.upcoming(9)} < set(samples[-2:])


def test_merging_leaves_out_what_a_copy_has_decided_ahead(live: SessionFolder, anna: SessionService) -> None:
    other = copy(live, live.path.parent / "elsewhere")
    with SessionService(other, "ben", write=True) as ben:
        decide(ben, BUDGET + 2)
        counts = merge(anna, [ben])
    assert (counts.added, counts.left_out) == (BUDGET, 2)
    assert len(Journal(live.journal).decisions) == BUDGET
