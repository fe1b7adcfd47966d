from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import EventLog, Failed, RoundFinished, Started
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Decision, Journal, Verdict
from alc_tui.session.store.lock import WriterLock
from alc_tui.session.store.records import Retraining
from alc_tui.session.store.state import overview
from tests.made_sessions import finish_round, make_session, update_facts


def state(folder: SessionFolder) -> str:
    """The state, told alike by `list` and by the service."""
    told = overview(folder).state
    assert SessionService(folder).state == told
    return str(told)


def decide_all(folder: SessionFolder, kind: str = "skip") -> None:
    with SessionService(folder, "anna", write=True) as service:
        while (item := service.next_item()) is not None:
            service.decide(item.sample, Verdict(kind, item.given if kind == "label" else None))


def test_a_session_goes_from_new_through_labeling_to_done(tmp_path: Path) -> None:
    folder = make_session(tmp_path / "skin", rounds=1, trained=False)
    assert state(folder) == "new"
    with WriterLock(folder.worker_lock, "training"):
        assert state(folder) == "training"
    EventLog(folder.events).write(Started(0, 0, 3, "cpu", 36, 1))
    assert state(folder) == "stopped"
    finish_round(folder)
    assert state(folder) == "labeling"
    decide_all(folder)
    assert state(folder) == "decided"
    finish_round(folder)
    assert state(folder) == "done"


def test_a_round_half_decided_is_still_to_be_labeled(session: SessionFolder) -> None:
    with SessionService(session, "anna", write=True) as service:
        for sample in service.queue[:4]:
            service.decide(sample, Verdict("flag"))
        assert service.state == "labeling"
        service.decide(service.queue[4], Verdict("flag"))
        assert service.state == "decided"
        service.undo()
        assert service.state == "labeling"


@pytest.mark.parametrize("trained", [False, True])
def test_a_failed_training_has_failed_until_it_is_taken_up_again(tmp_path: Path, trained: bool) -> None:
    folder = make_session(tmp_path / "skin", trained=trained)
    if trained:
        decide_all(folder)
    log = EventLog(folder.events)
    log.write(Failed("The loss is not finite.", 4))
    assert state(folder) == "failed"
    log.write(Started(int(trained), 0, 3, "cpu", 36, 1))
    assert state(folder) == ("decided" if trained else "stopped")


def test_a_round_being_retrained_and_killed_waits_for_training_not_for_labels(session: SessionFolder) -> None:
    decide_all(session)
    update_facts(session, retraining=Retraining(1, 5))
    assert state(session) == "decided"
    journal = Journal(session.journal)
    journal.append(Decision.now(Verdict("undo"), journal.decisions[0].sample, 1, "ben", None, "queue"))  # too late
    assert state(session) == "decided"


def test_a_session_without_rounds_is_done_after_lnl(tmp_path: Path) -> None:
    assert state(make_session(tmp_path / "skin", rounds=0)) == "done"


def test_a_session_whose_noisy_set_is_empty_is_done(tmp_path: Path) -> None:
    folder = make_session(tmp_path / "skin", rounds=9, budget=12)
    for _ in range(2):
        decide_all(folder)
        finish_round(folder)
    assert Document(folder.document).rounds[-1].queued == 0
    assert state(folder) == "done"


def test_the_overview_counts_rounds_labels_and_budget(session: SessionFolder) -> None:
    decide_all(session, "label")
    finish_round(session)
    with SessionService(session, "anna", write=True) as service:
        service.decide(service.queue[0], Verdict("label", "NV"))
        service.decide(service.queue[1], Verdict("skip"))
    told = overview(session)
    assert (told.name, told.noise, told.round, told.rounds) == ("skin", 0.5, 1, 2)
    assert (told.decided_total, told.budget_total) == (6, 10)
    best = [entry.macro_f1.best for entry in Document(session.document).rounds]
    assert told.macro_f1_best == max(best)


def test_before_lnl_there_is_no_score(tmp_path: Path) -> None:
    told = overview(make_session(tmp_path / "skin", trained=False))
    assert told.macro_f1_best is None and told.decided_total == 0 and told.round == 0


def test_a_finished_training_after_a_failure_is_no_failure(session: SessionFolder) -> None:
    decide_all(session)
    log = EventLog(session.events)
    log.write(Failed("No.", 4))
    log.write(RoundFinished(1, 0.5, 0.5))
    assert state(session) == "decided"
