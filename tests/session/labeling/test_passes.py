from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from alc_tui.errors import UsageError
from alc_tui.session.labeling.passes import LabelingPass, QueuePass, ReviewPass, SecondPass, Showing
from alc_tui.session.labeling.review import changed, flagged
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_round
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Decision, Journal, Verdict
from alc_tui.session.store.records import Retraining
from tests.made_sessions import finish_round, make_session, update_facts


@pytest.fixture
def folder(tmp_path: Path) -> SessionFolder:
    """Twelve samples a round, three of them to be shown twice."""
    return make_session(tmp_path / "skin", budget=12, repeat=0.25)


@pytest.fixture
def anna(folder: SessionFolder) -> Iterator[SessionService]:
    with SessionService(folder, "anna", write=True) as service:
        yield service


def opened(folder: SessionFolder, who: str) -> SessionService:
    return SessionService(folder, who, write=True)


def decide(way: LabelingPass, kind: str = "label", label: str | None = "NV") -> Showing:
    """Decide what is shown next."""
    showing = way.next()
    assert showing is not None
    way.decide(showing, Verdict(kind, label if kind == "label" else None, 1.0))
    return showing


def decide_all(way: LabelingPass) -> list[Showing]:
    found = []
    while way.next() is not None:
        found.append(decide(way))
    return found


def place(showing: Showing | None) -> tuple[str, str, int] | None:
    """Which sample is shown, for what, and as which of all."""
    return None if showing is None else (showing.item.sample, showing.occasion, showing.number)


def undo(way: LabelingPass) -> Showing | None:
    """Undo; what is shown then."""
    undone = way.undo()
    return None if undone is None else undone.showing


def others_label(service: SessionService, sample: str) -> str:
    verdict = service.verdict(sample)
    assert verdict is not None
    return next(name for name in service.classes if name != verdict.label)


class TestFirstPass:
    def test_it_shows_the_queue_and_some_of_it_again_far_apart(self, anna: SessionService) -> None:
        shown = decide_all(QueuePass(anna))
        firsts = [showing.item.sample for showing in shown if showing.occasion == "queue"]
        again = {showing.item.sample: showing.number for showing in shown if showing.occasion == "repeat"}
        assert firsts == anna.queue and len(again) == 3
        assert [showing.number for showing in shown] == list(range(1, 16))
        assert {showing.of for showing in shown} == {15}
        first_at = {showing.item.sample: showing.number for showing in shown if showing.occasion == "queue"}
        assert all(number - first_at[sample] > 4 for sample, number in again.items())

    def test_a_repeat_costs_no_budget_and_stands_for_nothing(self, anna: SessionService) -> None:
        way = QueuePass(anna)
        while (showing := way.next()) is not None:
            label = "NV" if showing.occasion == "queue" else "BCC"
            way.decide(showing, Verdict("label", label, 1.0))
        progress = anna.progress()
        assert (progress.decided, progress.spent, progress.ledger.repeated) == (12, 12, 3)
        assert {verdict.label for verdict in anna.verdicts().values()} == {"NV"}
        assert [verdict.label for verdict in anna.separate_verdicts("repeat")] == ["BCC"] * 3

    def test_after_a_restart_the_order_is_the_same(self, folder: SessionFolder, anna: SessionService) -> None:
        way = QueuePass(anna)
        before = [decide(way).item.sample for _ in range(7)]
        rest = [showing.item.sample for showing in decide_all(QueuePass(anna))]
        anna.close()
        whole = make_session(folder.path.parent / "again", budget=12, repeat=0.25)
        with opened(whole, "anna") as other:
            assert [showing.item.sample for showing in decide_all(QueuePass(other))] == before + rest

    def test_nobody_is_asked_again_what_another_person_decided(
        self, folder: SessionFolder, anna: SessionService
    ) -> None:
        way = QueuePass(anna)
        while (showing := way.next()) is not None and showing.occasion == "queue":
            decide(way)
        anna.close()
        asked = {d.sample for d in anna.decisions}
        with opened(folder, "ben") as service:
            bens = decide_all(QueuePass(service))
            repeated = {showing.item.sample for showing in bens if showing.occasion == "repeat"}
            assert asked.isdisjoint(repeated)
            assert {v.sample for v in service.separate_verdicts("repeat")} == repeated

    @pytest.mark.parametrize("seed", range(6))
    def test_whatever_is_decided_and_undone_it_shows_what_a_new_pass_would(
        self, anna: SessionService, seed: int
    ) -> None:
        rng, way = random.Random(seed), QueuePass(anna)
        for _ in range(80):
            sample, verdict = rng.choice(anna.queue), Verdict("label", rng.choice(anna.classes), 1.0)
            match rng.choice(("next", "next", "next", "at", "grid", "review", "undo", "undo one")):
                case "next" if (showing := way.next()) is not None:
                    way.decide(showing, verdict)
                case "at":
                    way.decide(way.at(sample), verdict)
                case "grid":
                    anna.decide(sample, verdict, occasion="grid")
                case "review":
                    anna.review(sample, verdict)
                case "undo":
                    way.undo()
                case "undo one":
                    anna.undo(among=[sample])
            new = QueuePass(anna)
            assert place(way.next()) == place(new.next()) and way.is_over == new.is_over

    def test_a_verdict_takes_as_many_looks_at_the_queue_at_its_end_as_at_its_beginning(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder, looks, look = make_session(tmp_path / "long", samples=200, budget=75), [0], SessionService.verdict

        def counted(service: SessionService, sample: str) -> Decision | None:
            looks[0] += 1
            return look(service, sample)

        monkeypatch.setattr(SessionService, "verdict", counted)
        with opened(folder, "anna") as service:
            way, each = QueuePass(service), []
            for _ in range(70):
                looks[0] = 0
                decide(way)
                each.append(looks[0])
        assert max(each[1:]) <= 5

    def test_what_is_decided_in_the_grid_is_not_repeated(self, anna: SessionService) -> None:
        for sample in anna.queue:
            anna.decide(sample, Verdict("skip"), occasion="grid")
        assert QueuePass(anna).next() is None

    def test_the_undo_of_a_repeat_comes_back_to_it_and_leaves_the_first_verdict(self, anna: SessionService) -> None:
        way = QueuePass(anna)
        while (showing := decide(way)).occasion != "repeat":
            pass
        first = anna.verdict(showing.item.sample)
        back = undo(way)
        assert back is not None and (back.number, back.occasion) == (showing.number, "repeat")
        assert anna.verdict(showing.item.sample) == first
        assert anna.own_separate_verdict("repeat", showing.item.sample) is None
        following = way.next()
        assert following is not None and following.number == showing.number
        way.decide(following, Verdict("label", "BCC", 1.0))
        assert [verdict.label for verdict in anna.separate_verdicts("repeat")] == ["BCC"]

    def test_undo_goes_all_the_way_back_through_first_showings_and_repeats(self, anna: SessionService) -> None:
        way = QueuePass(anna)
        shown = decide_all(way)
        back = []
        while (showing := undo(way)) is not None:
            back.append(showing.number)
        assert back == [showing.number for showing in reversed(shown)]
        assert anna.verdicts() == {} and anna.separate_verdicts("repeat") == []
        assert anna.progress().ledger.repeated == 0

    def test_no_repeat_is_asked_once_the_retraining_has_begun(
        self, folder: SessionFolder, anna: SessionService
    ) -> None:
        way = QueuePass(anna)
        for sample in anna.queue:
            anna.decide(sample, Verdict("skip"))
        showing = way.next()
        assert showing is not None and showing.occasion == "repeat"
        update_facts(folder, retraining=Retraining(1, 12))
        with pytest.raises(UsageError, match="Round 1 is being retrained"):
            way.decide(showing, Verdict("skip", seconds=1.0))
        anna.refresh()
        assert way.next() is None and undo(way) is None

    def test_upcoming_names_what_will_be_shown_after_this_one(self, anna: SessionService) -> None:
        way = QueuePass(anna)
        for _ in range(16):
            expected = [item.sample for item in way.upcoming(3)]
            if way.next() is None:
                break
            decide(way)
            ahead = way.next()
            assert (expected[:1] == [ahead.item.sample]) if ahead else expected == []

    def test_a_sample_can_be_decided_out_of_turn(self, anna: SessionService) -> None:
        way = QueuePass(anna)
        showing = way.at(anna.queue[5])
        assert (showing.item.sample, showing.occasion) == (anna.queue[5], "queue")
        way.decide(showing, Verdict("skip", seconds=1.0))
        assert anna.verdict(anna.queue[5]) is not None
        following = way.next()
        assert following is not None and following.item.sample == anna.queue[0]

    def test_whether_a_verdict_was_blind_is_recorded(self, folder: SessionFolder, anna: SessionService) -> None:
        way = QueuePass(anna)
        for blind in (True, False):
            showing = way.next()
            assert showing is not None
            way.decide(showing, Verdict("skip", seconds=1.0, blind=blind))
        assert [decision.blind for decision in Journal(folder.journal).decisions] == [True, False]


class TestSecondPass:
    def test_it_shows_what_others_decided_without_their_verdicts(
        self, folder: SessionFolder, anna: SessionService
    ) -> None:
        decided = [anna.queue[place] for place in (0, 3, 4)]
        for sample in decided:
            anna.decide(sample, Verdict("label", "NV"))
        anna.close()
        with opened(folder, "ben") as service:
            way = SecondPass(service)
            shown = decide_all(way)
            assert [showing.item.sample for showing in shown] == decided
            assert all(showing.item.verdict is None and showing.occasion == "second" for showing in shown)
            assert [(showing.number, showing.of) for showing in shown] == [(1, 3), (2, 3), (3, 3)]

    def test_it_changes_nothing_that_stands_and_costs_nothing(
        self, folder: SessionFolder, anna: SessionService
    ) -> None:
        for sample in anna.queue[:3]:
            anna.decide(sample, Verdict("label", "NV", 2.0))
        stood, ledger = anna.verdicts(), anna.progress().ledger
        anna.close()
        with opened(folder, "ben") as service:
            way = SecondPass(service)
            while way.next() is not None:
                decide(way, label="BCC")
            assert service.verdicts() == stood and service.progress().ledger == ledger
            assert [(v.annotator, v.label) for v in service.separate_verdicts("second")] == [("ben", "BCC")] * 3

    def test_it_skips_what_the_annotator_has_decided_or_seen(self, folder: SessionFolder, anna: SessionService) -> None:
        for sample in anna.queue[:3]:
            anna.decide(sample, Verdict("label", "NV"))
        anna.close()
        with opened(folder, "ben") as service:
            service.decide(service.queue[4], Verdict("skip"))
            service.review(service.queue[1], Verdict("label", "MEL"))
        with opened(folder, "anna") as service:
            service.review(service.queue[1], Verdict("label", "BCC"))
        with opened(folder, "ben") as service:
            shown = [showing.item.sample for showing in decide_all(SecondPass(service))]
            assert shown == [service.queue[0], service.queue[2]]

    def test_undo_takes_back_the_annotators_own_second_verdicts_only(
        self, folder: SessionFolder, anna: SessionService
    ) -> None:
        for sample in anna.queue[:2]:
            anna.decide(sample, Verdict("label", "NV"))
        anna.close()
        with opened(folder, "ben") as service:
            decide_all(SecondPass(service))
        with opened(folder, "carl") as service:
            way = SecondPass(service)
            decide(way)
            back = undo(way)
            assert back is not None and back.item.sample == service.queue[0]
            assert undo(way) is None
            assert [v.annotator for v in service.separate_verdicts("second")] == ["ben", "ben"]
            assert len(service.verdicts()) == 2

    def test_it_goes_on_after_the_retraining_with_what_the_model_said_then(
        self, folder: SessionFolder, anna: SessionService
    ) -> None:
        first = list(anna.queue)
        for sample in first:
            anna.decide(sample, Verdict("skip"))
        anna.close()
        finish_round(folder)
        samples = anna.samples
        arrays = load_round(folder.round_arrays(0))
        with opened(folder, "ben") as service:
            way = SecondPass(service)
            assert way.title == "second pass of round 1"
            shown = decide_all(way)
            assert [showing.item.sample for showing in shown] == first
            suggested = [service.classes[arrays.probabilities[local].argmax()] for local in arrays.ranking]
            assert [showing.item.suggestion for showing in shown] == suggested
            assert [v.suggested for v in service.separate_verdicts("second")] == suggested
            assert [showing.item.position for showing in shown] == samples.train[arrays.ranking].tolist()
            undone = undo(way)
            assert undone is not None and undone.item.sample == first[-1]

    def test_it_takes_the_latest_round_that_others_have_begun(
        self, folder: SessionFolder, anna: SessionService
    ) -> None:
        for sample in anna.queue:
            anna.decide(sample, Verdict("skip"))
        finish_round(folder)
        anna.refresh()
        anna.decide(anna.queue[2], Verdict("label", "NV"))
        anna.review(Journal(folder.journal).decisions[0].sample, Verdict("label", "NV"))
        anna.close()
        with opened(folder, "ben") as service:
            way = SecondPass(service)
            assert way.title == "second pass of round 2"
            assert [showing.item.sample for showing in decide_all(way)] == [service.queue[2]]

    def test_where_nobody_else_has_decided_there_is_no_second_pass(self, anna: SessionService) -> None:
        with pytest.raises(UsageError, match=r"Nobody except 'anna' has labeled samples .*--annotator"):
            SecondPass(anna)
        anna.decide(anna.queue[0], Verdict("skip"))
        with pytest.raises(UsageError, match="Nobody except 'anna'"):
            SecondPass(anna)


class TestReviewPass:
    def test_it_goes_through_its_cases_from_the_one_chosen(self, anna: SessionService) -> None:
        for sample in anna.queue[:4]:
            anna.decide(sample, Verdict("flag"))
        way = ReviewPass(anna, flagged(anna), start=1)
        assert [item.sample for item in way.upcoming(9)] == anna.queue[2:4]
        shown = decide_all(way)
        assert [showing.item.sample for showing in shown] == anna.queue[1:4]
        assert [(showing.number, showing.of) for showing in shown] == [(2, 4), (3, 4), (4, 4)]
        assert anna.progress().ledger.flagged == 1 and anna.progress().spent == 3

    def test_it_shows_what_stands_and_why(self, anna: SessionService) -> None:
        anna.decide(anna.queue[0], Verdict("flag"))
        way = ReviewPass(anna, flagged(anna))
        showing = way.next()
        assert showing is not None and showing.item.verdict == anna.verdict(anna.queue[0])
        assert way.case(showing).verdict == anna.verdict(anna.queue[0])

    def test_its_undo_takes_back_only_what_was_decided_in_it(self, anna: SessionService) -> None:
        for sample in anna.queue[:2]:
            anna.decide(sample, Verdict("flag"))
        way = ReviewPass(anna, flagged(anna))
        assert undo(way) is None
        decide_all(way)
        back = [showing.item.sample for showing in (undo(way), undo(way)) if showing is not None]
        assert back == [anna.queue[1], anna.queue[0]]
        assert undo(way) is None
        assert [verdict.kind for verdict in anna.verdicts().values()] == ["flag", "flag"]
        following = way.next()
        assert following is not None and following.item.sample == anna.queue[0]

    def test_of_an_earlier_round_it_changes_the_verdict_for_the_next_retraining(
        self, folder: SessionFolder, anna: SessionService
    ) -> None:
        for sample in anna.queue:
            anna.decide(sample, Verdict("label", other_than_given(anna, sample)))
        finish_round(folder)
        anna.refresh()
        way = ReviewPass(anna, changed(anna))
        showing = way.next()
        assert showing is not None
        sample, stood = showing.item.sample, anna.verdict(showing.item.sample)
        way.decide(showing, Verdict("label", others_label(anna, sample), 1.0))
        verdict = anna.verdict(sample)
        assert verdict is not None and (verdict.occasion, verdict.round) == ("review", 2)
        back = undo(way)
        assert back is not None and back.item.sample == sample and anna.verdict(sample) == stood


def other_than_given(service: SessionService, sample: str) -> str:
    return next(name for name in service.classes if name != service.given_label(sample))


def test_each_showing_names_the_sampler_of_its_round(tmp_path: Path) -> None:
    folder = make_session(tmp_path / "al", samples=120, budget=4, rounds=3, method="al", sampler="entropy")
    with opened(folder, "anna") as anna:
        assert [showing.sampler for showing in decide_all(QueuePass(anna))] == ["random"] * 4
    finish_round(folder)
    with opened(folder, "ben") as ben:
        first, second = QueuePass(ben).next(), SecondPass(ben).next()
        assert first is not None and second is not None
        assert (first.sampler, second.sampler) == ("entropy", "random")
