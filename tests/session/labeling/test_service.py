from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alc_tui.errors import AlcError, SessionUnavailable, UsageError
from alc_tui.session.labeling.passes import QueuePass
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store import processes
from alc_tui.session.store.arrays import load_round, load_samples
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdict
from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.lock import WriterLock, is_held
from alc_tui.session.store.records import Retraining
from alc_tui.session.store.state import overview
from tests.made_sessions import finish_round, make_session, update_facts


@pytest.fixture
def service(session: SessionFolder) -> Iterator[SessionService]:
    """The made session, open for writing."""
    with SessionService(session, "anna", write=True) as opened:
        yield opened


def other_class(service: SessionService, sample: str) -> str:
    """A class that is not the given label."""
    given = service.given_label(sample)
    return next(name for name in service.classes if name != given)


def shown(service: SessionService) -> str | None:
    """The sample that is shown, if there is one left."""
    item = service.next_item()
    return None if item is None else item.sample


def taken_back(service: SessionService) -> str | None:
    """Undo; the sample whose verdict was taken back."""
    undone = service.undo()
    return None if undone is None else undone.sample


def label_of(service: SessionService, sample: str) -> str | None:
    """The label that stands for a sample, if one does."""
    verdict = service.verdict(sample)
    return None if verdict is None else verdict.label


def test_samples_are_shown_in_the_order_of_the_ranking(service: SessionService, session: SessionFolder) -> None:
    samples, ranking = load_samples(session.samples), load_round(session.round_arrays(0)).ranking
    expected = [str(samples.ids[samples.train[local]]) for local in ranking]
    assert len(expected) == 5 and service.queue == expected
    seen = []
    while (sample := shown(service)) is not None:
        seen.append(sample)
        service.decide(sample, Verdict("skip"))
    assert seen == expected


def test_an_item_tells_what_data_and_model_say(service: SessionService, session: SessionFolder) -> None:
    samples, arrays = load_samples(session.samples), load_round(session.round_arrays(0))
    item = service.item(2)
    local = int(arrays.ranking[2])
    assert item.place == 2 and item.position == samples.train[local]
    assert item.sample == samples.ids[item.position]
    assert item.given == ("MEL", "NV", "BCC")[samples.given[item.position]]
    assert item.probabilities.tolist() == arrays.probabilities[local].tolist()
    assert item.suggestion == ("MEL", "NV", "BCC")[int(np.argmax(arrays.probabilities[local]))]
    assert item.score == arrays.scores[2]


def test_looking_does_not_move_on_and_deciding_does(service: SessionService) -> None:
    first = service.queue[0]
    assert shown(service) == first and shown(service) == first
    service.decide(first, Verdict("skip"))
    assert shown(service) == service.queue[1]


def test_upcoming_are_the_undecided_after_the_one_shown(service: SessionService) -> None:
    queue = service.queue
    service.decide(queue[0], Verdict("skip"))
    service.decide(queue[3], Verdict("skip"))
    ahead = QueuePass(service)
    first = ahead.next()
    assert first is not None and first.item.sample == queue[1]
    assert [item.sample for item in ahead.upcoming(1)] == [queue[2]]
    assert [item.sample for item in ahead.upcoming(9)] == [queue[2], queue[4]]


def test_a_decision_is_on_disk_with_all_that_was_known(service: SessionService, session: SessionFolder) -> None:
    item = service.item(0)
    decision = service.decide(item.sample, Verdict("label", "NV", 2.5))
    assert Journal(session.journal).decisions == [decision]
    assert (decision.seq, decision.round, decision.sample, decision.kind) == (0, 1, item.sample, "label")
    assert (decision.label, decision.annotator, decision.seconds) == ("NV", "anna", 2.5)
    assert decision.suggested == item.suggestion
    assert service.verdict(item.sample) == decision
    assert service.verdicts() == {item.sample: decision}


def test_undo_takes_back_one_decision_after_another_and_shows_its_sample_again(service: SessionService) -> None:
    queue = service.queue
    for sample, kind in zip(queue, ("skip", "flag", "exclude"), strict=False):
        service.decide(sample, Verdict(kind))
    assert taken_back(service) == queue[2]
    assert shown(service) == queue[2]
    assert taken_back(service) == queue[1] and taken_back(service) == queue[0]
    assert shown(service) == queue[0]
    assert service.undo() is None
    assert service.verdicts() == {}


def test_undo_takes_back_the_latest_decision_whatever_the_place_in_the_queue(service: SessionService) -> None:
    service.decide(service.queue[3], Verdict("skip"))
    service.decide(service.queue[1], Verdict("skip"))
    assert taken_back(service) == service.queue[1]


def test_undo_appends_and_rewrites_nothing(service: SessionService, session: SessionFolder) -> None:
    service.decide(service.queue[0], Verdict("label", "NV"))
    before = session.journal.read_bytes()
    service.undo()
    assert session.journal.read_bytes().startswith(before)
    assert [decision.kind for decision in Journal(session.journal).decisions] == ["label", "undo"]


def test_a_sample_may_be_decided_again_and_undo_brings_the_first_verdict_back(service: SessionService) -> None:
    sample = service.queue[0]
    service.decide(sample, Verdict("label", "NV"))
    service.decide(sample, Verdict("label", "MEL"))
    assert label_of(service, sample) == "MEL"
    assert taken_back(service) == sample
    assert label_of(service, sample) == "NV"


def test_nothing_of_an_earlier_round_is_undone(service: SessionService, session: SessionFolder) -> None:
    for sample in service.queue:
        service.decide(sample, Verdict("skip"))
    finish_round(session)
    service.refresh()
    assert service.round == 2
    assert service.undo() is None
    assert len(service.verdicts()) == 5


def test_work_goes_on_where_it_was_left(service: SessionService, session: SessionFolder) -> None:
    for sample in service.queue[:2]:
        service.decide(sample, Verdict("label", "NV"))
    service.close()
    with SessionService(session, "ben", write=True) as later:
        assert shown(later) == later.queue[2]
        assert taken_back(later) == later.queue[1]


def test_the_ledger_by_hand(service: SessionService) -> None:
    a, b, c, d, e = service.queue
    service.decide(a, Verdict("label", service.given_label(a), 1.0))
    service.decide(b, Verdict("label", other_class(service, b), 2.0))
    service.decide(c, Verdict("skip", seconds=0.5))
    service.decide(d, Verdict("flag", seconds=0.25))
    service.decide(e, Verdict("exclude", seconds=0.25))
    service.undo()
    service.decide(e, Verdict("label", other_class(service, e), 1.0))
    assert service.progress().ledger == Ledger(
        shown=5, confirmed=1, changed=2, skipped=1, flagged=1, excluded=0, undone=1, label_seconds=5.0
    )


def test_progress_counts_labels_against_the_budget_and_verdicts_against_the_queue(
    service: SessionService, session: SessionFolder
) -> None:
    for sample in service.queue[:3]:
        service.decide(sample, Verdict("label", "NV"))
    for sample in service.queue[3:]:
        service.decide(sample, Verdict("skip"))
    finish_round(session)
    service.refresh()
    service.decide(service.queue[0], Verdict("label", "BCC"))
    service.decide(service.queue[1], Verdict("flag"))
    progress = service.progress()
    assert (progress.round, progress.rounds) == (2, 2)
    assert (progress.decided, progress.queue) == (2, 5)
    assert (progress.spent, progress.budget) == (4, 10)


def test_nobody_is_shown_twice(service: SessionService, session: SessionFolder) -> None:
    first = list(service.queue)
    for sample in first:
        service.decide(sample, Verdict("skip"))
    finish_round(session)
    service.refresh()
    assert len(service.queue) == 5 and not set(first) & set(service.queue)


@pytest.mark.parametrize(
    ("kind", "label", "sentence"),
    [
        ("label", "SCC", "Unknown class 'SCC'; the classes are MEL, NV, BCC."),
        ("label", "mel", "Unknown class 'mel'"),
        ("label", None, "Unknown class None"),
        ("maybe", None, "Unknown verdict 'maybe'; use one of label, skip, flag, exclude."),
        ("undo", None, "Unknown verdict 'undo'"),
        ("skip", "NV", "class 'NV'"),
    ],
)
def test_what_is_no_verdict_is_refused_and_leaves_no_trace(
    service: SessionService, session: SessionFolder, kind: str, label: str | None, sentence: str
) -> None:
    with pytest.raises(UsageError) as caught:
        service.decide(service.queue[0], Verdict(kind, label))
    assert sentence in str(caught.value)
    assert not session.journal.exists() and service.verdicts() == {}


def test_only_samples_of_the_queue_can_be_decided(service: SessionService) -> None:
    others = [sample for sample in service.truth() if sample not in service.queue]
    for sample in (others[0], "nowhere.png"):
        with pytest.raises(UsageError, match=r"is not in the queue of round 1"):
            service.decide(sample, Verdict("skip"))


def test_once_the_retraining_has_begun_nothing_can_be_decided_or_undone(
    service: SessionService, session: SessionFolder
) -> None:
    for sample in service.queue:
        service.decide(sample, Verdict("skip"))
    update_facts(session, retraining=Retraining(1, 5))
    before = session.journal.read_bytes()
    with pytest.raises(UsageError, match="Round 1 is being retrained"):
        service.decide(service.queue[0], Verdict("label", "NV"))
    assert service.undo() is None
    assert service.frozen
    assert session.journal.read_bytes() == before


def test_a_retraining_begun_by_another_process_is_noticed_by_undo_too(
    service: SessionService, session: SessionFolder
) -> None:
    service.decide(service.queue[0], Verdict("skip"))
    update_facts(session, retraining=Retraining(1, 1))
    assert service.undo() is None
    assert len(Journal(session.journal).decisions) == 1


def test_the_next_round_is_open_again(service: SessionService, session: SessionFolder) -> None:
    for sample in service.queue:
        service.decide(sample, Verdict("skip"))
    finish_round(session)
    service.refresh()
    assert not service.frozen
    assert service.decide(service.queue[0], Verdict("label", "NV")).round == 2


def test_a_reader_decides_nothing_and_changes_nothing(session: SessionFolder) -> None:
    before = sorted(session.path.rglob("*"))
    service = SessionService(session)
    with pytest.raises(SessionUnavailable, match=r"open read-only; label it with `alc session label`"):
        service.decide(service.queue[0], Verdict("skip"))
    assert sorted(session.path.rglob("*")) == before


def test_what_another_process_has_taken_over_is_not_decided(
    service: SessionService, session: SessionFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(_lock: WriterLock) -> None:
        raise SessionUnavailable("The session was taken over.")

    monkeypatch.setattr(WriterLock, "check", lose)
    with pytest.raises(SessionUnavailable, match="taken over"):
        service.decide(service.queue[0], Verdict("skip"))
    assert Journal(session.journal).decisions == []


def test_two_may_read_while_one_writes_and_a_second_writer_is_refused(
    service: SessionService, session: SessionFolder
) -> None:
    service.decide(service.queue[0], Verdict("skip"))
    for _ in range(2):
        assert len(SessionService(session).verdicts()) == 1
    with pytest.raises(SessionUnavailable, match=f"in use for labeling by .*process {os.getpid()} on "):
        SessionService(session, write=True)
    service.close()
    SessionService(session, write=True).close()


def test_a_session_that_cannot_be_opened_is_not_left_locked(session: SessionFolder) -> None:
    session.journal.write_text("damaged\n")
    with pytest.raises(AlcError, match="line 1 is not a valid decision"):
        SessionService(session, write=True)
    assert not is_held(session.label_lock)


def test_a_torn_journal_is_mended_by_a_writer_only_and_told(session: SessionFolder) -> None:
    with SessionService(session, write=True) as service:
        service.decide(service.queue[0], Verdict("skip"))
    whole = session.journal.read_bytes()
    session.journal.write_bytes(whole + b'{"seq": 1,')
    reader = SessionService(session)
    assert len(reader.verdicts()) == 1 and len(reader.notices) == 1
    assert session.journal.read_bytes() != whole
    with SessionService(session, write=True) as writer:
        assert len(writer.verdicts()) == 1
        assert len(writer.notices) == 1 and "moved to journal.torn" in writer.notices[0]
    assert session.journal.read_bytes() == whole


def test_a_decision_the_disk_has_no_room_for_does_not_count(
    service: SessionService, session: SessionFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    service.decide(service.queue[0], Verdict("skip"))
    before = session.journal.read_bytes()
    with monkeypatch.context() as full:
        full.setattr("os.fsync", fail)
        with pytest.raises(AlcError, match=r"could not be written .*No space left.*so it was not recorded") as caught:
            service.decide(service.queue[1], Verdict("label", "NV"))
    assert caught.value.exit_code == 1
    assert session.journal.read_bytes() == before
    assert service.verdict(service.queue[1]) is None
    assert shown(service) == service.queue[1]
    service.decide(service.queue[1], Verdict("label", "NV"))
    assert len(Journal(session.journal).decisions) == 2


def test_before_lnl_there_is_no_queue(tmp_path: Path) -> None:
    service = SessionService(make_session(tmp_path / "skin", trained=False))
    assert service.round == 0 and service.queue == [] and service.next_item() is None
    assert service.undo() is None
    with pytest.raises(AlcError, match=r"has no queue yet; run `alc session train`"):
        service.item(0)
    assert service.progress().queue == 0


def test_after_the_last_round_there_is_no_queue(session: SessionFolder) -> None:
    for _ in range(2):
        with SessionService(session, write=True) as service:
            for sample in service.queue:
                service.decide(sample, Verdict("skip"))
        finish_round(session)
    done = SessionService(session)
    assert done.round == 3 and done.queue == [] and done.state == "done"


def test_the_truth_is_told_to_an_oracle_where_it_is_known(service: SessionService, tmp_path: Path) -> None:
    samples = service.samples
    truth = service.truth()
    assert len(truth) == len(samples.train) == 36
    first = int(samples.train[0])
    assert truth[str(samples.ids[first])] == ("MEL", "NV", "BCC")[samples.truth[first]]
    unknown = SessionService(make_session(tmp_path / "real", with_truth=False))
    with pytest.raises(UsageError, match="needs true labels, which are not known for session 'real'"):
        unknown.truth()


def test_images_are_those_of_the_samples(service: SessionService) -> None:
    item = service.item(0)
    path = service.images().path(item.position)
    assert path is not None and path.is_file() and path.name == item.sample


def test_there_is_no_service_without_a_session(tmp_path: Path) -> None:
    with pytest.raises(SessionUnavailable, match=r"No session found at .*`alc session list`"):
        SessionService(SessionFolder(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("file", ["samples.npz", "round-00.npz"])
def test_damaged_arrays_are_named(session: SessionFolder, file: str) -> None:
    (session.path / file).write_bytes(b"PK\x03\x04 no more")
    with pytest.raises(AlcError, match=f"{file} is missing or damaged"):
        SessionService(session)


def test_training_is_started_unless_it_runs(session: SessionFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(processes, "spawn", lambda folder: started.append(folder.name))
    service = SessionService(session, write=True)
    for sample in service.queue:
        service.decide(sample, Verdict("skip"))
    with WriterLock(session.worker_lock, "training"):
        service.start_training()
    assert started == []
    service.start_training()
    assert started == ["skin"]


def other_samples(service: SessionService) -> list[str]:
    """Training samples that are not in the queue."""
    return [sample for sample in service.truth() if sample not in service.queue]


class TestReview:
    @pytest.fixture
    def later(self, service: SessionService, session: SessionFolder) -> SessionService:
        """The same session in round 2; the five samples of round 1 say NV."""
        for sample in service.queue:
            service.decide(sample, Verdict("label", "NV", 1.0))
        finish_round(session)
        service.refresh()
        return service

    def test_within_its_round_a_sample_is_decided_again_as_in_the_queue(self, service: SessionService) -> None:
        sample = service.queue[0]
        service.decide(sample, Verdict("label", service.given_label(sample), 1.0))
        decision = service.review(sample, Verdict("label", other_class(service, sample), 2.0))
        assert (decision.occasion, decision.round) == ("queue", 1)
        assert service.progress().ledger == Ledger(shown=1, changed=1, label_seconds=3.0)

    def test_afterwards_it_counts_for_the_next_retraining(self, later: SessionService, session: SessionFolder) -> None:
        sample = Journal(session.journal).decisions[0].sample
        decision = later.review(sample, Verdict("label", "BCC", 2.0))
        assert (decision.occasion, decision.round, label_of(later, sample)) == ("review", 2, "BCC")
        assert later.progress().ledger == Ledger(reviewed=1, label_seconds=2.0)
        assert later.progress().decided == 0
        for each in later.queue:
            later.decide(each, Verdict("skip"))
        finish_round(session)
        samples, labels = later.samples, load_round(session.round_arrays(2)).labels
        local = samples.ids[samples.train].tolist().index(sample)
        assert later.classes[labels[local]] == "BCC"

    def test_while_the_round_is_retrained_its_verdicts_are_changed_for_the_next_one(
        self, service: SessionService, session: SessionFolder
    ) -> None:
        for sample in service.queue:
            service.decide(sample, Verdict("label", "NV"))
        update_facts(session, retraining=Retraining(1, 5))
        decision = service.review(service.queue[0], Verdict("label", "BCC"))
        assert (decision.occasion, decision.round, decision.seq) == ("review", 2, 5)
        finish_round(session)
        service.refresh()
        assert service.progress().ledger.reviewed == 1

    def test_it_is_undone_until_that_retraining_begins(self, later: SessionService, session: SessionFolder) -> None:
        sample = Journal(session.journal).decisions[0].sample
        later.review(sample, Verdict("label", "BCC"))
        assert later.undo() is None
        undone = later.undo(("review",))
        assert undone is not None and undone.label == "BCC" and label_of(later, sample) == "NV"
        assert later.undo(("review",)) is None
        assert later.progress().ledger.reviewed == 0
        later.review(sample, Verdict("label", "MEL"))
        for each in later.queue:
            later.decide(each, Verdict("skip"))
        update_facts(session, retraining=Retraining(2, 13))
        assert later.undo(("review",)) is None and label_of(later, sample) == "MEL"

    def test_only_what_was_decided_is_reviewed_seconded_or_repeated(self, service: SessionService) -> None:
        elsewhere, here = other_samples(service)[0], service.queue[0]
        with pytest.raises(UsageError, match="has no verdict yet"):
            service.review(elsewhere, Verdict("skip"))
        for occasion in ("second", "repeat"):
            with pytest.raises(UsageError, match="has no verdict yet"):
                service.decide(here, Verdict("skip"), occasion)
        assert service.decisions == []


def test_a_second_verdict_is_undone_by_its_own_annotator_however_late(
    service: SessionService, session: SessionFolder
) -> None:
    for sample in service.queue:
        service.decide(sample, Verdict("label", "NV"))
    first = service.queue[0]
    service.close()
    with SessionService(session, "ben", write=True) as bens:
        bens.decide(first, Verdict("label", "BCC"), occasion="second")
    finish_round(session)
    with SessionService(session, "carl", write=True) as carls:
        assert carls.undo(("second",)) is None
    with SessionService(session, "ben", write=True) as bens:
        undone = bens.undo(("second",))
        assert undone is not None and undone.sample == first
        assert bens.separate_verdicts("second") == [] and label_of(bens, first) == "NV"


def test_undo_takes_back_nothing_of_another_occasion(service: SessionService) -> None:
    a, b = service.queue[:2]
    service.decide(a, Verdict("skip"))
    service.decide(b, Verdict("skip"), occasion="grid")
    service.decide(a, Verdict("flag"), occasion="repeat")
    assert [verdict.occasion for verdict in iter(service.undo, None)] == ["grid", "queue"]
    undone = service.undo(("repeat",))
    assert undone is not None and undone.occasion == "repeat"
    assert service.undo(("queue", "grid", "repeat")) is None


def test_undo_among_some_samples_leaves_the_others(service: SessionService) -> None:
    for sample in service.queue[:3]:
        service.decide(sample, Verdict("skip"))
    undone = service.undo(among={service.queue[0], service.queue[1]})
    assert undone is not None and undone.sample == service.queue[1]


def test_what_was_shown_as_the_models_is_recorded_where_the_latest_model_was_not_asked(service: SessionService) -> None:
    sample = service.queue[0]
    said = next(name for name in service.classes if name != service.item(0).suggestion)
    service.decide(sample, Verdict("skip"))
    assert service.decide(sample, Verdict("skip"), occasion="second", suggested=said).suggested == said


class TestWatching:
    def test_a_watcher_catches_up_with_what_was_decided(self, service: SessionService, session: SessionFolder) -> None:
        watcher = SessionService(session, "ben")
        assert not watcher.is_writable and not watcher.catch_up()
        service.decide(service.queue[0], Verdict("skip"))
        assert shown(watcher) == service.queue[0]
        assert watcher.catch_up() and not watcher.catch_up()
        assert shown(watcher) == service.queue[1] and watcher.progress().decided == 1
        service.undo()
        assert watcher.catch_up() and shown(watcher) == service.queue[0]

    def test_a_watcher_follows_into_the_next_round(self, service: SessionService, session: SessionFolder) -> None:
        watcher = SessionService(session)
        for sample in service.queue:
            service.decide(sample, Verdict("skip"))
        update_facts(session, retraining=Retraining(1, 5))
        assert watcher.catch_up() and watcher.frozen and watcher.round == 1
        finish_round(session)
        assert watcher.catch_up() and (watcher.round, watcher.frozen) == (2, False)
        service.refresh()
        assert watcher.queue == service.queue

    def test_a_line_that_is_half_written_is_read_when_it_is_whole(
        self, service: SessionService, session: SessionFolder
    ) -> None:
        for sample in service.queue[:2]:
            service.decide(sample, Verdict("skip"))
        whole = session.journal.read_bytes()
        session.journal.write_bytes(whole[:-10])
        watcher = SessionService(session)
        assert watcher.progress().decided == 1
        session.journal.write_bytes(whole)
        assert watcher.catch_up() and watcher.progress().decided == 2


def test_the_flow_counts_given_labels_by_what_became_of_them(service: SessionService) -> None:
    a, b, c, d, e = service.queue
    service.decide(a, Verdict("label", "BCC"))
    service.decide(b, Verdict("label", "BCC"))
    service.decide(c, Verdict("skip"))
    service.decide(d, Verdict("exclude"))
    service.decide(e, Verdict("flag"))
    service.undo()
    expected: dict[tuple[str, str], int] = {}
    for sample, end in ((a, "BCC"), (b, "BCC"), (c, "skipped"), (d, "excluded")):
        key = (service.given_label(sample), end)
        expected[key] = expected.get(key, 0) + 1
    assert service.flow() == expected and sum(expected.values()) == 4


def test_agreement_is_of_all_that_was_decided(service: SessionService) -> None:
    sample = service.queue[0]
    service.decide(sample, Verdict("label", "NV"))
    service.annotator = "ben"
    service.decide(sample, Verdict("label", "BCC"), occasion="second")
    told = service.agreement()
    assert told.annotators["anna", "ben"].agreed == 0
    assert told.open is not None and told.open.labels == 1


def test_who_labels_is_told_by_the_name_they_gave(service: SessionService, session: SessionFolder) -> None:
    with pytest.raises(SessionUnavailable) as caught:
        SessionService(session, "ben", write=True)
    assert f"in use for labeling by anna, process {os.getpid()}" in str(caught.value)
    assert str(caught.value).endswith("watch with `alc session label skin --watch`.")


class TestTakingIn:
    def test_decisions_of_elsewhere_are_added_and_folded(self, service: SessionService, session: SessionFolder) -> None:
        made = service.decide(service.queue[0], Verdict("skip"))
        service.merge_decisions([replace(made, sample=service.queue[1], annotator="ben", seq=40)])
        assert [(d.seq, d.annotator) for d in Journal(session.journal).decisions] == [(0, "anna"), (1, "ben")]
        assert shown(service) == service.queue[2] and service.progress().decided == 2

    def test_nothing_of_the_queue_is_added_once_the_retraining_has_begun(
        self, service: SessionService, session: SessionFolder
    ) -> None:
        made, *_ = [service.decide(sample, Verdict("skip")) for sample in service.queue]
        update_facts(session, retraining=Retraining(1, 5))
        with pytest.raises(UsageError, match="Round 1 is being retrained"):
            service.merge_decisions([made])
        assert len(Journal(session.journal).decisions) == 5

    def test_a_reader_takes_in_nothing(self, session: SessionFolder) -> None:
        with pytest.raises(SessionUnavailable, match="open read-only"):
            SessionService(session).merge_decisions([])


def move_away(session: SessionFolder) -> Path:
    """Rename the session's folder behind its back."""
    return session.path.rename(session.path.with_name("away"))


def test_a_session_that_has_gone_takes_nothing_and_goes_on_when_it_is_back(
    service: SessionService, session: SessionFolder
) -> None:
    first, second = service.queue[:2]
    service.decide(first, Verdict("skip"))
    away = move_away(session)
    with pytest.raises(
        AlcError, match=r"Nothing can be written, because .*bring the session back.*press the key again"
    ):
        service.decide(second, Verdict("skip"))
    with pytest.raises(AlcError, match="Nothing can be written"):
        service.undo()
    assert not service.frozen and len(service.decisions) == 1 and not session.path.exists()
    away.rename(session.path)
    assert service.decide(second, Verdict("skip")).seq == 1
    assert len(Journal(session.journal).decisions) == 2


def test_another_session_in_the_place_of_one_that_has_gone_is_not_written_to(
    service: SessionService, session: SessionFolder
) -> None:
    away = move_away(session)
    other = make_session(session.path.parent / "other")
    update_facts(other, created="2001-01-01T00:00:00+00:00")
    other.path.rename(session.path)
    with pytest.raises(AlcError, match="holds another session now"):
        service.decide(service.queue[0], Verdict("skip"))
    assert not session.journal.exists() and not SessionFolder(away).journal.exists()


def test_a_session_that_goes_away_can_be_closed(session: SessionFolder) -> None:
    with SessionService(session, write=True):
        move_away(session)


def test_a_journal_that_another_process_has_written_to_takes_nothing(
    service: SessionService, session: SessionFolder
) -> None:
    made = service.decide(service.queue[0], Verdict("skip"))
    Journal(session.journal).append(made)
    with pytest.raises(AlcError, match=r"Another process has written to .*close the session and open it again"):
        service.decide(service.queue[1], Verdict("skip"))
    assert len(Journal(session.journal).decisions) == 2


@pytest.mark.parametrize(
    ("error", "advice"), [(errno.ENOSPC, "free some space"), (errno.EIO, "check the disk"), (errno.EDQUOT, "free some")]
)
def test_a_verdict_that_cannot_be_written_says_what_helps(
    service: SessionService, session: SessionFolder, error: int, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(error, os.strerror(error))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(AlcError, match=f"so it was not recorded; {advice}.* and press the key again"):
            service.decide(service.queue[0], Verdict("skip"))
    assert service.verdicts() == {} and Journal(session.journal).decisions == []
    service.decide(service.queue[0], Verdict("skip"))
    assert len(Journal(session.journal).decisions) == 1


def test_a_verdict_counts_where_folders_cannot_be_flushed(
    service: SessionService, session: SessionFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def fail_for_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fail_for_folders)
    for sample in service.queue[:2]:
        service.decide(sample, Verdict("skip"))
    assert len(Journal(session.journal).decisions) == 2


def test_writing_without_locks_is_reported_and_reading_needs_none(
    session: SessionFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(_file: object, _operation: int) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(fcntl, "flock", flock)
    with SessionService(session, "anna", write=True) as service:
        service.decide(service.queue[0], Verdict("skip"))
        assert len(service.notices) == 1 and "has no locks" in service.notices[0]
        assert SessionService(session).notices == [] and overview(session).state == "labeling"
        with pytest.raises(SessionUnavailable, match="in use for labeling by anna"):
            SessionService(session, "ben", write=True)


def test_a_writer_clears_what_killed_processes_have_left(session: SessionFolder) -> None:
    left = [session.path / ".session.json.alc-00000000-1-00000000", session.path / "weights" / ".x.4194305"]
    for path in left:
        path.touch()
        os.utime(path, (0, 0))
    SessionService(session).close()
    assert all(path.exists() for path in left)
    SessionService(session, write=True).close()
    assert not any(path.exists() for path in left)


def test_a_writer_removes_the_checkpoint_of_a_finished_round(session: SessionFolder) -> None:
    session.checkpoint.touch()
    SessionService(session).close()
    assert session.checkpoint.exists()
    with WriterLock(session.worker_lock, "training"):
        SessionService(session, write=True).close()
    assert session.checkpoint.exists()
    SessionService(session, write=True).close()
    assert not session.checkpoint.exists()


def test_the_checkpoint_of_a_phase_in_progress_stays(session: SessionFolder, tmp_path: Path) -> None:
    update_facts(session, retraining=Retraining(1, 0))
    fresh = make_session(tmp_path / "fresh", trained=False)
    for folder in (session, fresh):
        folder.checkpoint.touch()
        SessionService(folder, write=True).close()
        assert folder.checkpoint.exists()
