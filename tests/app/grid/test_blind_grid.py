"""In blind mode the grid hides the labels of undecided samples, and what it showed is no longer blind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alc_tui.data.texts import Texts
from alc_tui.session.store.arrays import load_samples, save
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.preferences import Preferences
from tests.app.grid.looking import opens_grid, said, types
from tests.app.person import Person, Sit
from tests.made_sessions import CLASSES, make_session


def labels_shown(person: Person) -> set[tuple[str, str] | None]:
    """The labels below the thumbnails of all pages."""
    view = person.screen(GridScreen)._view
    return {view.tile(sample, False, None).labels for sample in person.service.queue}


async def test_a_blind_session_keeps_its_secrets_and_decides_one_by_one(tmp_path: Path, sit: Sit) -> None:
    async with sit(make_session(tmp_path / "skin", budget=20, blind=True)) as person:
        service, queue = person.service, person.service.queue
        service.decide(queue[3], Verdict("label", "BCC", blind=True))
        await opens_grid(person)
        assert "given" not in person.sees and "model" not in person.sees
        assert "Blind mode is on" in said(person)
        await types(person, "space", "asterisk", "1")
        assert person.is_at(GridScreen) and "●" not in person.sees
        await types(person, "c", "B", "C", "C", "enter")
        await person.sees_text("all, BCC: 1 of 20")
        assert f"given {service.item(3).given}" in person.sees
        assert len(person.decisions()) == 1


@pytest.mark.parametrize("blind", [True, False])
async def test_names_are_hidden_in_blind_mode(tmp_path: Path, sit: Sit, blind: bool) -> None:
    folder = make_session(tmp_path / "skin", budget=20, blind=blind, with_truth=False)
    samples = load_samples(folder.samples)
    inside = np.array([f"{CLASSES[given]}/{name}" for name, given in zip(samples.ids, samples.given, strict=True)])
    images = tmp_path / "skin-images"
    for before, after in zip(samples.locators.tolist(), inside.tolist(), strict=True):
        (images / after).parent.mkdir(exist_ok=True)
        (images / before).rename(images / after)
    save(folder.samples, replace(samples, ids=Texts(inside), locators=Texts(inside)))
    async with sit(folder, (160, 48), Preferences(preview="off")) as person:
        service, queue = person.service, person.service.queue
        service.decide(queue[3], Verdict("label", "BCC", blind=blind))
        await opens_grid(person)
        for sample in queue[4:8]:
            assert (sample in person.sees) != blind
            assert (sample.partition("/")[2] in person.sees) != blind
        assert (queue[3] in person.sees) != blind


async def test_samples_whose_labels_the_grid_showed_are_no_longer_blind(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        queue = person.service.queue
        await opens_grid(person)
        await types(person, "escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("b", *["1"] * 14)
        assert [(one.sample, one.blind) for one in person.service.decisions] == [
            (sample, place >= 12) for place, sample in enumerate(queue[:14])
        ]


async def test_a_sample_found_by_its_class_is_no_longer_blind(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        service = person.service
        told = {sample for place, sample in enumerate(service.queue) if service.item(place).given == "BCC"}
        assert 0 < len(told - set(service.queue[:12])) < 8
        await opens_grid(person)
        await types(person, "c", "B", "C", "C", "enter")
        await person.sees_text(f"all, BCC: {len(told)} of 20")
        await types(person, "escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("b", *["1"] * 20)
        seen = {one.sample for one in service.decisions if not one.blind}
        assert len(service.decisions) == 20
        assert seen == told | set(service.queue[:12])


async def test_an_undone_batch_is_no_longer_blind(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "asterisk", "1", "y")
        await person.waits_until(lambda: len(person.decisions()) == 12)
        await types(person, "u", "escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("b", "1", "1", "1")
        assert [one.blind for one in person.service.decisions[-3:]] == [False] * 3


async def test_blind_mode_does_not_hide_samples_seen_before(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        service = person.service
        await person.presses("b")
        await opens_grid(person)
        assert f"given {service.item(0).given}" in person.sees
        await types(person, "right")
        await person.sees_text("2  #")
        assert "given" not in person.sees


async def test_blind_mode_has_no_labels_and_no_order_by_suggestion(tmp_path: Path, sit: Sit) -> None:
    async with sit(make_session(tmp_path / "skin", budget=20, blind=True)) as person:
        await opens_grid(person)
        assert not any(f"{one} or {two}" in person.sees for one in CLASSES for two in CLASSES)
        assert labels_shown(person) == {None}
        await types(person, "tab")
        await person.sees_text("by similarity")
        assert "an order by suggestion would reveal" in said(person)
        assert not any(f"{one} or {two}" in person.sees for one in CLASSES for two in CLASSES)
        assert labels_shown(person) == {None}
        assert "suggest" not in person.sees.replace(said(person), "")
        await types(person, "tab")
        await person.sees_text("by rank")


async def test_without_blind_mode_an_order_by_suggestion_shows_it(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "tab")
        await person.sees_text("by suggestion")


async def test_undo_is_not_refused_in_blind_mode(tmp_path: Path, sit: Sit) -> None:
    async with sit(make_session(tmp_path / "skin", budget=20, blind=True)) as person:
        await person.presses("1")
        await opens_grid(person)
        await types(person, "u")
        await person.sees_text(f"Undone: {CLASSES[0]} (#")
        assert person.service.verdicts() == {}
