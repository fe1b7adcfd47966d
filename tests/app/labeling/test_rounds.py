"""From the last verdict of a round through the retraining to the next round, and to the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.settings.training_time import Estimate
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import SECOND, Journal, Verdict
from alc_tui.session.store.lock import WriterLock
from alc_tui.session.store.records import Retraining
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.progress.screen import ProgressScreen
from alc_tui.tui.review.screen import ReviewScreen
from alc_tui.tui.training.screen import TrainingScreen
from tests.app.person import Person, Sit
from tests.made_sessions import CLASSES, finish_round, make_session, update_facts
from tests.present import present


async def decide_all(person: Person) -> None:
    for _ in person.service.queue:
        await person.presses("1")
    await person.sees_text("are decided")


async def test_the_end_of_a_round_waits_for_a_key_then_retrains_and_shows_the_scores(
    session: SessionFolder, sit: Sit, spawned: list[SessionFolder]
) -> None:
    async with sit(session) as person:
        await decide_all(person)
        assert "Press Enter to start the retraining" in person.sees
        await person.pilot.pause(0.3)
        assert spawned == [] and person.is_at(LabelScreen)
        await person.presses("enter")
        await person.waits_until(lambda: person.is_at(ProgressScreen))
        assert spawned == [session]
        assert len(person.decisions()) == 5


async def test_the_end_says_what_was_decided_and_what_is_left_and_offers_review(
    session: SessionFolder, sit: Sit
) -> None:
    async with sit(session) as person:
        given = person.service.item(0).given
        await person.presses(str(CLASSES.index(given) + 1), "f", "f", "s", "x")
        await person.sees_text("1 confirmed, 1 skipped, 2 flagged, 1 excluded")
        assert "Left without an agreed label: 2 flagged, 1 skipped." in person.sees
        assert f"Labels: 1 {given}." in person.sees
        await person.sees_text("r Review")
        await person.presses("r")
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        await person.sees_text("flagged 2")
        assert "skipped 1" in person.sees
        await person.pilot.press("enter")
        await person.presses("1")
        await person.pilot.press("escape", "escape")
        await person.sees_text("1 flagged")


@pytest.mark.parametrize(("seconds", "words"), [(0.6, "(less than half a minute)"), (90.0, "(about 1 min 30 s)")])
async def test_the_end_says_how_long_the_retraining_takes(
    session: SessionFolder, sit: Sit, seconds: float, words: str
) -> None:
    update_facts(session, estimate=Estimate(seconds, seconds, is_uncertain=False))
    async with sit(session) as person:
        await decide_all(person)
        assert f"Press Enter to start the retraining {words}" in " ".join(person.sees.split())


async def test_without_anything_left_review_is_not_mentioned(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await decide_all(person)
        assert "Left without" not in person.sees and "to review" not in person.sees


async def test_disagreements_between_annotators_are_left_too(session: SessionFolder, sit: Sit) -> None:
    with SessionService(session, "anna", write=True) as anna:
        anna.decide(anna.queue[0], Verdict("label", "MEL"))
    with SessionService(session, "ben", write=True) as ben:
        ben.decide(ben.queue[0], Verdict("label", "NV"), SECOND)
    async with sit(session) as person:
        await person.presses(*"1111")
        await person.sees_text("1 disagreement between annotators")


async def test_an_enter_too_many_does_not_start_it(
    session: SessionFolder, sit: Sit, spawned: list[SessionFolder]
) -> None:
    async with sit(session) as person:
        await decide_all(person)
        person.guard = 60
        await person.pilot.press("enter", "enter")
        assert person.is_at(LabelScreen)
        assert spawned == []


async def test_the_last_verdict_can_be_undone_at_the_end(
    session: SessionFolder, sit: Sit, spawned: list[SessionFolder]
) -> None:
    async with sit(session) as person:
        await decide_all(person)
        await person.presses("u")
        await person.sees_text("image 5 of 5")
        assert spawned == []
        await person.presses("s")
        await person.sees_text("All samples of round 1 of 2 are decided")


async def test_quitting_at_the_end_comes_back_to_it(
    session: SessionFolder, sit: Sit, spawned: list[SessionFolder]
) -> None:
    async with sit(session) as person:
        await decide_all(person)
        await person.pilot.press("q")
        await person.waits_until(lambda: not person.app.is_running)
    async with sit(session) as later:
        await later.sees_text("All samples of round 1 of 2 are decided")
        assert spawned == []
        await later.presses("enter")
        await later.waits_until(lambda: later.is_at(ProgressScreen))
        assert spawned == [session]


async def test_a_key_without_meaning_at_the_end_is_refused(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await decide_all(person)
        await person.presses("1")
        await person.sees_text("There is no image to decide now.")
        assert len(person.decisions()) == 5


async def test_scores_show_what_changed_and_what_it_cost(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (100, 30)) as person:
        await person.presses("1", "s", "f", "x", "2")
        await person.presses("enter")
        await person.waits_until(lambda: person.is_at(ProgressScreen))
        before, now = person.service.rounds
        await person.sees_text(f"macro-F1 {now.macro_f1.best:.3f}")
        for name, value in now.f1.items():
            difference = value - before.f1[name]
            row = next(line for line in person.sees.splitlines() if line.strip().startswith(name))
            assert f"{value:.3f}" in row
            sign = "+" if difference > 0 else "−"
            assert ("=" if abs(difference) < 0.0005 else f"{sign}{abs(difference):.3f}") in row
        for text in ("5 shown", "1 skipped", "1 flagged", "1 excluded", "clean set"):
            assert text in person.sees
        await person.pilot.press("enter")
        assert person.is_at(LabelScreen)
        await person.sees_text("round 2 of 2")


async def test_two_rounds_to_the_end(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "short", budget=2)
    async with sit(folder) as person:
        for _ in range(2):
            await decide_all(person)
            await person.presses("enter")
            await person.waits_until(lambda: person.is_at(ProgressScreen))
            await person.pilot.press("enter")
        await person.sees_text("All 2 rounds are done")
        assert "alc session export short" in person.sees
        assert person.is_at(ProgressScreen)
        await person.pilot.press("q")
        await person.waits_until(lambda: not person.app.is_running)
    async with sit(folder) as later:
        await later.sees_text("All 2 rounds are done")


async def test_the_first_scores_show_the_quality_of_the_clean_set(
    tmp_path: Path, sit: Sit, spawned: list[SessionFolder]
) -> None:
    folder = make_session(tmp_path / "new", trained=False)
    async with sit(folder) as person:
        await person.waits_until(lambda: person.is_at(ProgressScreen))
        assert spawned == [folder]
        precision = present(present(person.service.rounds[0].selection).precision)
        await person.sees_text(f"clean set: precision {100 * precision:.0f}% (correct labels)")
        assert "guess" in person.sees
        await person.pilot.press("enter")
        await person.sees_text("image 1 of 5")


async def test_a_session_in_training_is_followed_not_started(
    tmp_path: Path, sit: Sit, spawned: list[SessionFolder]
) -> None:
    folder = make_session(tmp_path / "new", trained=False)
    training = WriterLock(folder.worker_lock, "training")
    training.acquire()
    async with sit(folder) as person:
        await person.pilot.pause(0.6)
        assert person.is_at(TrainingScreen)
        finish_round(folder)
        await person.pilot.pause(0.6)
        assert person.is_at(TrainingScreen)
        training.release()
        await person.waits_until(lambda: person.is_at(ProgressScreen))
        assert spawned == []


async def test_a_training_that_ends_behind_review_takes_nothing_from_under_ones_hands(
    session: SessionFolder, sit: Sit
) -> None:
    with SessionService(session, "anna", write=True) as service:
        for sample in service.queue:
            service.decide(sample, Verdict("flag"))
        flagged = service.queue[0]
    update_facts(session, retraining=Retraining(1, 5))
    training = WriterLock(session.worker_lock, "training")
    training.acquire()
    async with sit(session) as person:
        await person.waits_until(lambda: person.is_at(TrainingScreen))
        await person.pilot.press("r")
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        await person.pilot.press("enter")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        finish_round(session)
        training.release()
        await person.sees_text("Training of round 1 has finished")
        await person.presses("2")
        (verdict,) = Journal(session.journal).decisions[5:]
        assert (verdict.sample, verdict.occasion, verdict.label, verdict.round) == (flagged, "review", "NV", 2)
        await person.pilot.press("escape")
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        await person.pilot.press("escape")
        await person.waits_until(lambda: person.is_at(ProgressScreen))
        await person.sees_text("round 1 of 2, retrained")
        await person.pilot.press("enter")
        await person.sees_text("round 2 of 2")


async def test_a_question_is_not_taken_away_by_a_training_that_ends(session: SessionFolder, sit: Sit) -> None:
    training = WriterLock(session.worker_lock, "training")
    training.acquire()
    async with sit(session) as person:
        await person.sees_text("Preparing")
        await person.pilot.press("ctrl+x")
        await person.sees_text("Pause training?")
        finish_round(session)
        training.release()
        await person.sees_text("Training of round 1 has finished")
        assert "Pause training?" in person.sees
        await person.pilot.press("y")
        await person.waits_until(lambda: person.is_at(ProgressScreen))
