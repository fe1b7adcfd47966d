"""The grid of somebody who watches: it shows the queue as it is, and no key is for another sample than it shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.labeling.screen import LabelScreen
from tests.app.grid.looking import opens_grid, painted, types
from tests.app.person import QUICK, Person, Sit
from tests.made_sessions import finish_round, make_session

OFTEN, NEVER = replace(QUICK, watch=0.05), replace(QUICK, watch=3600)


@pytest.fixture
def live(tmp_path: Path) -> SessionFolder:
    """Three rounds of five samples."""
    return make_session(tmp_path / "live", samples=120, rounds=3, freeze=True, live=True)


def skip(labeler: SessionService, count: int) -> None:
    for sample in labeler.queue[:count]:
        labeler.decide(sample, Verdict("skip"))


def shown(person: Person) -> str:
    showing = person.screen(LabelScreen)._current.showing
    assert showing is not None
    return showing.item.sample


async def test_a_key_after_the_round_was_finished_early_shows_the_shorter_queue(
    twenty: SessionFolder, sit: Sit
) -> None:
    with SessionService(twenty, annotator="bob", write=True) as labeler:
        async with sit(twenty, write=False, timings=NEVER) as person:
            await opens_grid(person)
            await types(person, "end")
            await painted(person)
            skip(labeler, 2)
            labeler.finish_round()
            person.service.catch_up()
            await types(person, "left")
            await person.sees_text("all: 2 of 2")
            await person.sees_text("that key was ignored")
            await types(person, "right", "enter")
            await person.waits_until(lambda: person.is_at(LabelScreen) and shown(person) == labeler.queue[1])


async def test_a_new_round_replaces_the_thumbnails_before_a_key_enlarges_one(live: SessionFolder, sit: Sit) -> None:
    with SessionService(live, annotator="bob", write=True) as labeler:
        async with sit(live, write=False, timings=NEVER) as person:
            skip(labeler, 5)
            person.service.catch_up()
            await opens_grid(person)
            finish_round(live)
            person.service.catch_up()
            labeler.refresh()
            await types(person, "enter")
            await person.sees_text("grid of round 2 of 3")
            await person.sees_text("that key was ignored")
            await types(person, "right", "enter")
            await person.waits_until(lambda: person.is_at(LabelScreen) and shown(person) == labeler.queue[1])


async def test_a_new_round_is_shown_although_nobody_has_decided_anything_since(live: SessionFolder, sit: Sit) -> None:
    with SessionService(live, annotator="bob", write=True) as labeler:
        async with sit(live, write=False, timings=OFTEN) as person:
            await opens_grid(person)
            skip(labeler, 5)
            await person.sees_text("decided 5")
            finish_round(live)
            await person.sees_text("grid of round 2 of 3")
            labeler.refresh()
            assert person.screen(GridScreen)._shown == labeler.queue
