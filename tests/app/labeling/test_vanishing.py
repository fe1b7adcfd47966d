"""The folder of a session goes away while somebody labels it, and comes back."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.progress.screen import ProgressScreen
from alc_tui.tui.review.screen import ReviewScreen
from alc_tui.tui.training.screen import TrainingScreen
from tests.app.person import Sit


@pytest.mark.parametrize("key", ["1", "enter", "a", "s"])
async def test_a_key_takes_nothing_while_the_folder_is_away_and_counts_once_it_is_back(
    session: SessionFolder, sit: Sit, key: str, tmp_path: Path
) -> None:
    async with sit(session) as person:
        first = person.service.queue[0]
        await person.presses("s")
        session.path.rename(tmp_path / "away")
        await person.presses(key)
        await person.sees_text("Nothing can be written")
        assert [decision.sample for decision in person.service.decisions] == [first]
        (tmp_path / "away").rename(session.path)
        await person.presses(key)
        await person.sees_text("image 3 of 5")
        assert len(Journal(session.journal).decisions) == 2


async def test_undo_says_why_it_cannot_be_done_and_works_once_the_folder_is_back(
    session: SessionFolder, sit: Sit, tmp_path: Path
) -> None:
    async with sit(session) as person:
        await person.presses("1")
        session.path.rename(tmp_path / "away")
        await person.presses("u")
        await person.sees_text("Nothing can be written")
        (tmp_path / "away").rename(session.path)
        await person.presses("u")
        await person.sees_text("image 1 of 5")
    assert [decision.kind for decision in Journal(session.journal).decisions] == ["label", "undo"]


async def test_other_screens_open_and_close_while_the_folder_is_away(
    session: SessionFolder, sit: Sit, tmp_path: Path
) -> None:
    async with sit(session) as person:
        await person.presses("1")
        session.path.rename(tmp_path / "away")
        for key, screen in (("g", GridScreen), ("r", ReviewScreen), ("p", ProgressScreen)):
            await person.pilot.press(key)
            await person.waits_until(partial(person.is_at, screen))
            await person.pilot.press("escape")
            await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("2")
        await person.sees_text("Nothing can be written")
    assert not session.path.exists()


async def test_the_next_step_that_needs_the_folder_says_that_it_is_away(
    session: SessionFolder, sit: Sit, tmp_path: Path
) -> None:
    async with sit(session) as person:
        await person.presses("s", "s", "s", "s", "s")
        session.path.rename(tmp_path / "away")
        await person.presses("enter")
        await person.waits_until(lambda: person.is_at(TrainingScreen))
        await person.sees_text("missing; bring it back")
