"""Who watches sees what the one who labels does, and decides nothing."""

from __future__ import annotations

import shutil
from dataclasses import replace

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.tui.labeling import screen as label
from alc_tui.tui.progress.screen import ProgressScreen
from tests.app.person import QUICK, Sit
from tests.made_sessions import CLASSES, finish_round

OFTEN = replace(QUICK, watch=0.05)


async def test_keys_of_watchers_decide_nothing(session: SessionFolder, sit: Sit, spawned: list[SessionFolder]) -> None:
    async with sit(session, write=False, timings=OFTEN) as person:
        await person.sees_text("You are watching")
        await person.presses("1", "enter", "a", "s", "f", "x", "u", "slash")
        assert person.decisions() == []
        assert person.is_at(label.LabelScreen)
        for name in ("Confirm", "Accept", "Skip", "Flag", "Exclude", "Undo"):
            assert name not in person.sees
        assert spawned == []


async def test_watchers_see_the_next_sample_as_soon_as_one_is_decided(session: SessionFolder, sit: Sit) -> None:
    with SessionService(session, annotator="bob", write=True) as labeler:
        first, second = labeler.queue[:2]
        async with sit(session, write=False, timings=OFTEN) as person:
            await person.sees_text(first)
            labeler.decide(first, Verdict("label", CLASSES[0]))
            await person.sees_text(second)
            assert "budget 1 of 10" in person.sees
            labeler.undo()
            await person.sees_text(first)


async def test_watchers_wait_for_the_retraining_and_start_none(
    session: SessionFolder, sit: Sit, spawned: list[SessionFolder]
) -> None:
    with SessionService(session, annotator="bob", write=True) as labeler:
        async with sit(session, write=False, timings=OFTEN) as person:
            for sample in labeler.queue:
                labeler.decide(sample, Verdict("label", CLASSES[0]))
            await person.sees_text("All samples of round 1 are decided. The retraining has not started yet.")
            await person.pilot.press("enter", "1")
            await person.pilot.pause(0.2)
            assert spawned == []
            finish_round(session)
            await person.sees_text("image 1 of 5")
            await person.sees_text("round 2 of 2")


async def test_watchers_follow_to_the_end(session: SessionFolder, sit: Sit) -> None:
    with SessionService(session, annotator="bob", write=True) as labeler:
        async with sit(session, write=False, timings=OFTEN) as person:
            for _ in range(2):
                for sample in labeler.queue:
                    labeler.decide(sample, Verdict("label", CLASSES[0]))
                finish_round(session)
                labeler.refresh()
            await person.waits_until(lambda: person.is_at(ProgressScreen))


async def test_looking_closely_is_for_everybody(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (120, 30), write=False, timings=OFTEN) as person:
        await person.presses("i")
        await person.sees_text("24 × 18 pixels")


async def test_a_deleted_session_is_reported_without_a_crash(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, write=False, timings=OFTEN) as person:
        await person.looks()
        shutil.rmtree(session.path)
        await person.sees_text("This session can no longer be read")
