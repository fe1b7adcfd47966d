from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alc_tui.errors import AlcError, SessionUnavailable, UsageError
from alc_tui.session.labeling.merge import MergeCounts, merge
from alc_tui.session.labeling.review import annotators_disagree
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_round, load_samples, save
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Decision, Journal, Verdict, Verdicts
from alc_tui.session.store.lock import WriterLock
from alc_tui.session.store.records import Retraining
from tests.made_sessions import finish_round, make_session, update_facts

Copy = Callable[..., SessionFolder]


@pytest.fixture
def copy(session: SessionFolder) -> Copy:
    """`copy("laptop")`: the session's folder as it is now, under another name."""

    def make(name: str, of: SessionFolder = session) -> SessionFolder:
        shutil.copytree(of.path, of.path.with_name(name))
        return SessionFolder(of.path.with_name(name))

    return make


def decide(folder: SessionFolder, who: str, **answers: str) -> None:
    """Decide places of the queue, `p0="NV"` and so on; `undo` takes the last one back."""
    with SessionService(folder, who, write=True) as service:
        for place, answer in answers.items():
            say(service, service.queue[int(place[1:])], answer)


def say(service: SessionService, sample: str, answer: str, occasion: str = "queue") -> None:
    if answer in service.classes:
        service.decide(sample, Verdict("label", answer, 1.0), occasion)
    else:
        service.decide(sample, Verdict(answer, seconds=1.0), occasion)


def undo(folder: SessionFolder, who: str = "anna", times: int = 1) -> None:
    with SessionService(folder, who, write=True) as service:
        for _ in range(times):
            assert service.undo(("queue", "grid", "review")) is not None


def join(folder: SessionFolder, *copies: SessionFolder, dry_run: bool = False) -> MergeCounts:
    with SessionService(folder, "anna", write=not dry_run) as service:
        return merge(service, [SessionService(each) for each in copies], dry_run)


def answers(folder: SessionFolder) -> dict[int, tuple[str, str]]:
    """(who, what) stands, by place of the queue of round 1."""
    service = SessionService(folder)
    queue = service.evidence(1).ranking
    return {queue.index(sample): (v.annotator, v.answer) for sample, v in service.verdicts().items()}


def beside(folder: SessionFolder, occasion: str = "second") -> dict[int, list[tuple[str, str]]]:
    service = SessionService(folder)
    queue = service.evidence(1).ranking
    found: dict[int, list[tuple[str, str]]] = {}
    for verdict in service.separate_verdicts(occasion):
        found.setdefault(queue.index(verdict.sample), []).append((verdict.annotator, verdict.answer))
    return found


def lines(folder: SessionFolder) -> list[Decision]:
    return Journal(folder.journal).decisions


def test_what_only_the_copy_decided_comes_as_it_is(session: SessionFolder, copy: Copy) -> None:
    decide(session, "anna", p0="NV", p1="skip")
    laptop = copy("laptop")
    decide(laptop, "ben", p3="BCC", p2="MEL")
    done = join(session, laptop)
    assert done == MergeCounts(added=2, already_there=2, left_out=0, conflicts=0, disagreements=0)
    assert answers(session) == {0: ("anna", "NV"), 1: ("anna", "skip"), 3: ("ben", "BCC"), 2: ("ben", "MEL")}
    assert lines(session) == lines(laptop)
    assert SessionService(session).progress().decided == 4


def test_merging_again_adds_nothing(session: SessionFolder, copy: Copy) -> None:
    laptop = copy("laptop")
    decide(session, "anna", p0="NV", p1="NV")
    decide(laptop, "ben", p1="MEL", p2="skip")
    first = join(session, laptop)
    content = session.journal.read_bytes()
    again = join(session, laptop)
    assert (first.added, again.added, again.already_there) == (2, 0, 2)
    assert again.disagreements == first.disagreements == 1
    assert session.journal.read_bytes() == content
    assert join(laptop, session).left_out == 0


def test_where_both_decided_the_verdict_here_stands_and_the_copys_is_a_second_one(
    session: SessionFolder, copy: Copy
) -> None:
    laptop = copy("laptop")
    decide(session, "anna", p0="NV", p1="NV", p2="skip")
    decide(laptop, "ben", p2="skip", p1="BCC", p0="NV")
    done = join(session, laptop)
    assert done == MergeCounts(added=3, already_there=0, left_out=0, conflicts=0, disagreements=1)
    assert answers(session) == {0: ("anna", "NV"), 1: ("anna", "NV"), 2: ("anna", "skip")}
    assert beside(session) == {0: [("ben", "NV")], 1: [("ben", "BCC")], 2: [("ben", "skip")]}
    service = SessionService(session)
    assert [(case.dissenter, case.other) for case in annotators_disagree(service)] == [("ben", "BCC")]
    told = service.agreement().annotators["anna", "ben"]
    assert (told.pairs, told.agreed) == (3, 2)


def test_the_other_way_round_the_other_stands_and_the_agreement_is_the_same(session: SessionFolder, copy: Copy) -> None:
    laptop = copy("laptop")
    decide(session, "anna", p0="NV", p1="NV")
    decide(laptop, "ben", p1="BCC", p0="NV", p4="MEL")
    other_way = copy("other", laptop)
    join(session, laptop)
    join(other_way, session)
    assert answers(other_way)[1] == ("ben", "BCC") and beside(other_way)[1] == [("anna", "NV")]
    one, other = (SessionService(each).agreement().annotators for each in (session, other_way))
    assert one == other


def test_who_when_how_long_and_how_blind_are_kept(session: SessionFolder, copy: Copy) -> None:
    laptop = copy("laptop")
    decide(session, "anna", p0="NV")
    with SessionService(laptop, "ben", write=True) as service:
        made = service.decide(service.queue[0], Verdict("label", "BCC", 4.25, blind=True))
    join(session, laptop)
    added = lines(session)[-1]
    assert (added.annotator, added.at, added.seconds, added.blind) == ("ben", made.at, 4.25, True)
    assert (added.suggested, added.round, added.occasion) == (made.suggested, 1, "second")


def test_undos_of_the_copy_come_with_what_they_took_back(session: SessionFolder, copy: Copy) -> None:
    laptop = copy("laptop")
    decide(laptop, "ben", p0="NV")
    undo(laptop, "ben")
    decide(laptop, "ben", p0="BCC", p1="MEL")
    undo(laptop, "ben")
    done = join(session, laptop)
    assert done.added == 5 and lines(session) == lines(laptop)
    assert answers(session) == {0: ("ben", "BCC")}
    assert SessionService(session).progress().ledger.undone == 2


def test_a_second_verdict_is_what_the_copy_stood_for_in_the_end(session: SessionFolder, copy: Copy) -> None:
    laptop = copy("laptop")
    decide(session, "anna", p0="NV", p1="NV")
    decide(laptop, "ben", p0="BCC", p1="BCC")
    undo(laptop, "ben", times=2)
    decide(laptop, "ben", p0="MEL")
    assert join(session, laptop).added == 1
    assert beside(session) == {0: [("ben", "MEL")]}


def test_a_change_of_mind_in_the_copy_is_taken_over_if_nobody_decided_anew_here(
    session: SessionFolder, copy: Copy
) -> None:
    decide(session, "anna", p0="NV", p1="NV", p2="NV")
    laptop = copy("laptop")
    undo(laptop, times=2)
    decide(laptop, "anna", p1="BCC")
    done = join(session, laptop)
    assert (done.added, done.already_there, done.conflicts, done.left_out) == (3, 3, 0, 0)
    assert answers(session) == {0: ("anna", "NV"), 1: ("anna", "BCC")}


def test_what_was_taken_back_here_stays_taken_back(session: SessionFolder, copy: Copy) -> None:
    decide(session, "anna", p0="NV")
    laptop = copy("laptop")
    undo(session)
    decide(laptop, "ben", p1="NV")
    assert join(session, laptop).added == 1
    assert answers(session) == {1: ("ben", "NV")}


def test_after_an_undo_on_both_sides_the_copys_new_verdict_is_taken(session: SessionFolder, copy: Copy) -> None:
    decide(session, "anna", p0="NV")
    laptop = copy("laptop")
    undo(session)
    undo(laptop)
    decide(laptop, "ben", p0="BCC")
    assert join(session, laptop).added == 1
    assert answers(session) == {0: ("ben", "BCC")}
    assert join(session, laptop).added == 0


def test_one_person_who_decided_differently_on_both_sides_is_counted_and_kept_beside(
    session: SessionFolder, copy: Copy
) -> None:
    laptop = copy("laptop")
    decide(session, "anna", p0="NV", p1="NV")
    decide(laptop, "anna", p0="BCC", p1="NV")
    done = join(session, laptop)
    assert done == MergeCounts(added=2, already_there=0, left_out=0, conflicts=1, disagreements=1)
    assert answers(session) == {0: ("anna", "NV"), 1: ("anna", "NV")}
    assert beside(session) == {0: [("anna", "BCC")], 1: [("anna", "NV")]}
    assert SessionService(session).agreement().annotators == {}
    assert join(session, laptop).conflicts == 0


def test_three_copies_at_once_are_as_one_after_the_other(session: SessionFolder, copy: Copy) -> None:
    laptop, tower = copy("laptop"), copy("tower")
    decide(session, "anna", p0="NV")
    decide(laptop, "ben", p0="MEL", p1="MEL")
    decide(tower, "carl", p0="NV", p1="BCC", p2="BCC")
    apart = copy("apart")
    done = join(session, laptop, tower)
    join(apart, laptop)
    join(apart, tower)
    assert done.added == 5 and done.disagreements == 2
    assert lines(session) == lines(apart)
    assert answers(session) == {0: ("anna", "NV"), 1: ("ben", "MEL"), 2: ("carl", "BCC")}
    assert beside(session) == {0: [("ben", "MEL"), ("carl", "NV")], 1: [("carl", "BCC")]}
    assert set(SessionService(session).agreement().annotators) == {("anna", "ben"), ("anna", "carl"), ("ben", "carl")}


def test_a_merge_of_merges_adds_nothing_twice(session: SessionFolder, copy: Copy) -> None:
    laptop, tower = copy("laptop"), copy("tower")
    decide(session, "anna", p0="NV")
    decide(laptop, "ben", p0="MEL")
    decide(tower, "carl", p0="BCC")
    join(laptop, tower)
    assert join(session, laptop).added == 2
    assert join(session, tower).added == 0
    assert beside(session) == {0: [("ben", "MEL"), ("carl", "BCC")]}


def test_a_copy_that_was_merged_and_goes_on_is_merged_again(session: SessionFolder, copy: Copy) -> None:
    laptop = copy("laptop")
    decide(session, "anna", p0="NV", p2="NV")
    decide(laptop, "ben", p0="MEL", p1="MEL", p2="MEL")
    join(session, laptop)
    undo(laptop, "ben", times=3)
    decide(laptop, "ben", p0="BCC", p1="BCC")
    join(session, laptop)
    assert answers(session) == {0: ("anna", "NV"), 2: ("anna", "NV"), 1: ("ben", "BCC")}
    assert beside(session) == {0: [("ben", "BCC")]}
    content = session.journal.read_bytes()
    join(session, laptop)
    assert session.journal.read_bytes() == content


def test_second_verdicts_and_repeats_of_the_copy_come_too(session: SessionFolder, copy: Copy) -> None:
    decide(session, "anna", p0="NV", p1="NV")
    laptop = copy("laptop")
    with SessionService(laptop, "ben", write=True) as service:
        say(service, service.queue[0], "MEL", "second")
        say(service, service.queue[1], "skip", "second")
        service.undo(("second",))
    with SessionService(laptop, "anna", write=True) as service:
        say(service, service.queue[1], "NV", "repeat")
    assert join(session, laptop).added == 4
    assert lines(session) == lines(laptop)
    assert beside(session) == {0: [("ben", "MEL")]} and beside(session, "repeat") == {1: [("anna", "NV")]}


def test_a_second_verdict_that_was_given_here_too_stays_and_the_copys_is_told_as_left_out(
    session: SessionFolder, copy: Copy
) -> None:
    decide(session, "anna", p0="NV", p1="NV")
    laptop = copy("laptop")
    for folder, answer in ((session, "MEL"), (laptop, "BCC")):
        with SessionService(folder, "ben", write=True) as service:
            say(service, service.queue[0], answer, "second")
    done = join(session, laptop)
    assert (done.added, done.left_out) == (0, 1)
    assert beside(session) == {0: [("ben", "MEL")]}


class TestAfterTheRetraining:
    @pytest.fixture
    def decided(self, session: SessionFolder) -> SessionFolder:
        """All five samples of round 1 say NV; not yet retrained."""
        decide(session, "anna", p0="NV", p1="NV", p2="NV", p3="NV", p4="NV")
        return session

    def test_a_change_of_mind_in_the_copy_is_a_review_for_the_next_one(
        self, decided: SessionFolder, copy: Copy
    ) -> None:
        laptop = copy("laptop")
        undo(laptop)
        decide(laptop, "anna", p4="BCC")
        finish_round(decided)
        done = join(decided, laptop)
        assert (done.added, done.left_out) == (1, 0)
        added = lines(decided)[-1]
        assert (added.occasion, added.round, added.label) == ("review", 2, "BCC")
        assert answers(decided)[4] == ("anna", "BCC")
        assert SessionService(decided).progress().ledger.reviewed == 1
        assert join(decided, laptop).added == 0

    def test_the_journal_position_that_is_retrained_stays_frozen(self, decided: SessionFolder, copy: Copy) -> None:
        laptop = copy("laptop")
        undo(laptop)
        decide(laptop, "anna", p4="BCC")
        update_facts(decided, retraining=Retraining(1, 5))
        before = lines(decided)
        assert join(decided, laptop).added == 1
        after = lines(decided)
        assert after[:5] == before and (after[5].occasion, after[5].round) == ("review", 2)

    def test_what_was_only_taken_back_in_the_copy_is_told_as_left_out(self, decided: SessionFolder, copy: Copy) -> None:
        laptop = copy("laptop")
        undo(laptop, times=2)
        finish_round(decided)
        done = join(decided, laptop)
        assert (done.added, done.left_out) == (0, 2)
        assert answers(decided)[4] == ("anna", "NV")

    def test_another_person_of_an_older_copy_is_a_second_one(self, session: SessionFolder, copy: Copy) -> None:
        laptop = copy("laptop")
        decide(session, "anna", p0="NV", p1="NV", p2="NV", p3="NV", p4="NV")
        decide(laptop, "ben", p0="NV", p1="MEL")
        finish_round(session)
        done = join(session, laptop)
        assert (done.added, done.disagreements, done.left_out) == (2, 1, 0)
        assert beside(session) == {0: [("ben", "NV")], 1: [("ben", "MEL")]}

    def test_reviews_in_the_copy_come_with_their_undos(self, decided: SessionFolder, copy: Copy) -> None:
        finish_round(decided)
        laptop = copy("laptop")
        with SessionService(laptop, "ben", write=True) as service:
            samples = service.evidence(1).ranking
            service.review(samples[0], Verdict("label", "BCC"))
            service.review(samples[1], Verdict("label", "MEL"))
            service.undo(("review",))
        assert join(decided, laptop).added == 3
        assert lines(decided) == lines(laptop)
        with SessionService(laptop, "ben", write=True) as service:
            service.undo(("review",))
        done = join(decided, laptop)
        assert (done.added, done.left_out) == (1, 0)
        assert answers(decided) == answers(laptop)

    def test_rounds_that_were_not_reached_are_left_out_and_told(self, decided: SessionFolder, copy: Copy) -> None:
        ahead = copy("ahead")
        finish_round(ahead)
        decide(ahead, "ben", p0="NV", p1="NV", p2="skip")
        undo(ahead, "ben")
        done = join(decided, ahead)
        assert (done.added, done.already_there, done.left_out) == (0, 5, 2)
        other_way = join(ahead, decided)
        assert (other_way.added, other_way.left_out) == (0, 0)

    def test_sessions_that_were_retrained_apart_are_refused(self, decided: SessionFolder, copy: Copy) -> None:
        laptop = copy("laptop")
        finish_round(decided)
        finish_round(laptop)
        first = load_round(laptop.round_arrays(1))
        save(laptop.round_arrays(1), type(first)(**{**vars(first), "ranking": first.ranking[::-1].copy()}))
        before = decided.journal.read_bytes()
        with pytest.raises(UsageError, match="were retrained separately, so their queues in round 2 differ"):
            join(decided, laptop)
        assert decided.journal.read_bytes() == before


def test_a_foreign_session_is_refused(session: SessionFolder, copy: Copy, tmp_path: Path) -> None:
    sentence = r"is not a copy of session 'skin': its samples, given labels, or classes differ"
    foreign = [
        make_session(tmp_path / "fewer", samples=55),
        make_session(tmp_path / "classes", classes=("MEL", "NV", "SCC")),
        make_session(tmp_path / "labels", seed=1),
    ]
    resplit = copy("resplit")
    samples = load_samples(resplit.samples)
    save(resplit.samples, type(samples)(**{**vars(samples), "split": samples.split[::-1].copy()}))
    for other in [*foreign, resplit]:
        with pytest.raises(UsageError, match=sentence):
            join(session, other)
    assert not session.journal.exists()


def test_one_foreign_session_among_several_stops_them_all(session: SessionFolder, copy: Copy, tmp_path: Path) -> None:
    laptop = copy("laptop")
    decide(laptop, "ben", p0="NV")
    with pytest.raises(UsageError, match="is not a copy"):
        join(session, laptop, make_session(tmp_path / "fewer", samples=55))
    assert not session.journal.exists()


def test_a_session_is_not_merged_with_itself(session: SessionFolder) -> None:
    with pytest.raises(UsageError, match="'skin' cannot be merged with itself"):
        join(session, SessionFolder(session.path.parent / "." / "skin"))


def test_a_dry_run_tells_the_same_and_writes_nothing(session: SessionFolder, copy: Copy) -> None:
    laptop = copy("laptop")
    decide(session, "anna", p0="NV")
    decide(laptop, "ben", p0="MEL", p1="NV")
    before = session.journal.read_bytes()
    with WriterLock(session.label_lock, "labeling"):
        told = join(session, laptop, dry_run=True)
    assert session.journal.read_bytes() == before
    assert told == join(session, laptop) and told.disagreements == 1


def test_while_somebody_labels_nothing_is_merged(session: SessionFolder, copy: Copy) -> None:
    laptop = copy("laptop")
    decide(laptop, "ben", p0="NV")
    with (
        WriterLock(session.label_lock, "labeling", "carl"),
        pytest.raises(SessionUnavailable, match="in use for labeling by carl, "),
    ):
        join(session, laptop)
    assert not session.journal.exists()


def test_a_torn_last_line_of_the_copy_is_passed_over_and_left_where_it_is(session: SessionFolder, copy: Copy) -> None:
    laptop = copy("laptop")
    decide(laptop, "ben", p0="NV", p1="NV")
    torn = laptop.journal.read_bytes()[:-20]
    laptop.journal.write_bytes(torn)
    assert join(session, laptop).added == 1
    assert answers(session) == {0: ("ben", "NV")} and laptop.journal.read_bytes() == torn


def test_a_merge_that_was_cut_off_anywhere_is_finished_by_another(session: SessionFolder, copy: Copy) -> None:
    laptop = copy("laptop")
    decide(session, "anna", p0="NV")
    decide(laptop, "ben", p0="MEL", p1="NV", p2="skip")
    undo(laptop, "ben", times=2)
    decide(laptop, "ben", p1="BCC")
    before = session.journal.read_bytes()
    join(session, laptop)
    whole, content = lines(session), session.journal.read_bytes()
    for length in range(len(before), len(content), 37):
        session.journal.write_bytes(content[:length])
        join(session, laptop)
        assert lines(session) == whole


def test_nothing_is_added_if_it_cannot_be_written(
    session: SessionFolder, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    laptop = copy("laptop")
    decide(session, "anna", p0="NV")
    decide(laptop, "ben", p1="NV", p2="NV")
    before = session.journal.read_bytes()
    with monkeypatch.context() as full:
        full.setattr("os.fsync", fail)
        with pytest.raises(AlcError, match=r"0 of 2 decisions were added .*\(No space left on device\); run the same"):
            join(session, laptop)
    assert session.journal.read_bytes() == before
    join(session, laptop)
    assert len(Journal(session.journal).decisions) == 3


@pytest.mark.slow
def test_whatever_two_people_do_nothing_is_lost_and_nothing_comes_twice(
    session: SessionFolder, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alc_tui.session.store.journal.datetime", Clock(step=1))
    for seed in range(40):
        draw = random.Random(seed)
        common, mine, theirs = copy(f"a{seed}"), f"b{seed}", f"c{seed}"
        act(draw, common, "anna", 4)
        left, right = copy(mine, common), copy(theirs, common)
        act(draw, left, "anna", 6)
        act(draw, right, draw.choice(("anna", "ben")), 6)
        stood, other = answers(left), answers(right)
        shared = {place: answer for place, answer in answers(common).items() if same_history(place, common, left)}
        join(left, right)
        assert join(left, right).added == 0
        now, second = answers(left), beside(left)
        known = {decision.at for decision in lines(common)}
        service = SessionService(right)
        for place, answer in other.items():
            verdict = service.verdict(service.queue[place])
            assert verdict is not None
            assert verdict.at in known or now[place] == answer or answer in second[place]
        for place, answer in stood.items():
            if place not in shared:
                assert now[place] == answer


class Clock:
    """`datetime`, `step` milliseconds later each time it is asked."""

    def __init__(self, step: int) -> None:
        self._step, self._now = timedelta(milliseconds=step), datetime(2025, 1, 1, tzinfo=UTC)

    def now(self, _zone: object) -> datetime:
        self._now += self._step
        return self._now


def act(draw: random.Random, folder: SessionFolder, who: str, times: int) -> None:
    with SessionService(folder, who, write=True) as service:
        for _ in range(times):
            if draw.random() < 0.3:
                service.undo()
            else:
                say(service, draw.choice(service.queue), draw.choice(("MEL", "NV", "BCC", "skip")))


def same_history(place: int, one: SessionFolder, other: SessionFolder) -> bool:
    """Whether nothing was done on a sample in `other` since `one`."""
    sample = SessionService(one).queue[place]
    first, later = ([d.at for d in lines(each) if d.sample == sample] for each in (one, other))
    return first == later


def test_decisions_of_one_millisecond_on_several_samples_are_told_apart(
    session: SessionFolder, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop = copy("laptop")
    monkeypatch.setattr("alc_tui.session.store.journal.datetime", Clock(step=0))
    decide(laptop, "ben", p0="NV", p1="NV", p2="NV")
    assert join(session, laptop).added == 3
    assert len(answers(session)) == 3


def test_the_order_of_the_copy_is_kept(session: SessionFolder, copy: Copy) -> None:
    laptop = copy("laptop")
    decide(session, "anna", p1="NV")
    decide(laptop, "ben", p4="NV", p1="MEL", p0="NV", p3="skip")
    join(session, laptop)
    assert [d.at for d in lines(session)[1:]] == [d.at for d in lines(laptop)]


def test_the_fold_of_a_merged_journal_is_that_of_its_lines(session: SessionFolder, copy: Copy) -> None:
    laptop = copy("laptop")
    decide(laptop, "ben", p0="NV", p1="skip")
    with SessionService(session, "anna", write=True) as service:
        merge(service, [SessionService(laptop)])
        assert service.verdicts() == Verdicts(lines(session)).all()
        assert service.progress().decided == 2
        service.decide(service.queue[2], Verdict("skip"))
    assert [d.seq for d in lines(session)] == [0, 1, 2]
