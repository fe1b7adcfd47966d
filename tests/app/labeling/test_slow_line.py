"""Labeling on a slow line: images are small first, which is said once, and grow while nobody presses a key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.labeling import texts
from alc_tui.tui.labeling.sample.thumbnails import Thumbnails
from alc_tui.tui.pictures.painter import PaintRequest
from alc_tui.tui.pictures.picture import Picture
from alc_tui.tui.widgets.preview import Preview
from tests.app.person import QUICK, Person, Sit
from tests.made_sessions import make_session

SIZE = (200, 60)
PATIENT = replace(QUICK, refine=60.0)
"""Nothing is refined during a test."""
PROMPT = replace(QUICK, refine=0.2)


@pytest.fixture
def large(tmp_path: Path) -> SessionFolder:
    """Images of noise, larger than the screen."""
    return make_session(tmp_path / "skin", image_size=(300, 300))


def slow_down(person: Person) -> None:
    """The line turns out to carry 1 Mbit/s."""
    for _ in range(3):
        person.app._delivery.line_speed.record(12_500, 0.1)


def speed_up(person: Person) -> None:
    """The line turns out to be fast."""
    for _ in range(3):
        person.app._delivery.line_speed.record(12_500, 0.001)


def cells(person: Person) -> int:
    """Columns times rows of the image on the screen."""
    picture = person.app.screen.query_one(Preview).picture
    return 0 if picture is None else picture.columns * picture.rows


def all_cells(person: Person) -> int:
    """Columns times rows of a square image in all the space that there is for it."""
    rows = person.app.screen.query_one(Preview).content_size.height
    return 2 * rows * rows


async def test_the_first_images_are_full_where_the_line_is_fast(large: SessionFolder, sit: Sit) -> None:
    async with sit(large, SIZE, timings=PATIENT) as person:
        await person.presses("1")
        await person.looks()
        assert cells(person) == all_cells(person)
        assert texts.SLOW_LINE not in person.sees


async def test_an_image_takes_no_more_than_a_third_of_a_second_and_can_be_decided_at_once(
    large: SessionFolder, sit: Sit
) -> None:
    async with sit(large, SIZE, timings=PATIENT) as person:
        await person.looks()
        slow_down(person)
        await person.presses("1")
        await person.looks()
        assert 300 < cells(person) <= 0.3 * 125_000 / 40
        await person.sees_text(texts.SLOW_LINE)
        await person.presses("2")
        assert len(person.decisions()) == 2
        await person.looks()
        assert cells(person) <= 0.3 * 125_000 / 40
        assert texts.SLOW_LINE not in person.sees


async def test_neighbors_are_small_too(large: SessionFolder, sit: Sit) -> None:
    async with sit(large, SIZE, timings=PATIENT) as person:
        await person.looks()
        slow_down(person)
        await person.presses("1")
        await person.looks()
        thumbnails = person.app.screen.query_one(Thumbnails)
        await person.waits_until(lambda: len(thumbnails._pictures) == 4)
        assert all(one.columns <= 8 and one.rows <= 4 for one in thumbnails._pictures.values())


async def test_while_nobody_presses_a_key_image_and_neighbors_become_full(large: SessionFolder, sit: Sit) -> None:
    async with sit(large, SIZE, timings=PROMPT) as person:
        await person.looks()
        slow_down(person)
        await person.presses("1")
        await person.waits_until(lambda: cells(person) == all_cells(person))
        thumbnails = person.app.screen.query_one(Thumbnails)
        await person.waits_until(lambda: min(one.columns for one in thumbnails._pictures.values()) >= 40)
        await person.presses("2")
        assert len(person.decisions()) == 2


async def test_an_image_during_whose_drawing_the_line_turns_out_fast_is_full_at_once(
    large: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(large, SIZE, timings=PATIENT) as person:
        await person.looks()
        slow_down(person)
        preview = person.app.screen.query_one(Preview)
        drawn: list[tuple[PaintRequest, Picture]] = []
        with monkeypatch.context() as held:
            held.setattr(preview, "_picture_drawn", lambda *one: drawn.append(one))
            await person.presses("1")
            await person.waits_until(lambda: bool(drawn))
        speed_up(person)
        preview._picture_drawn(*drawn[0])
        await person.looks()
        assert cells(person) == all_cells(person)
        assert texts.SLOW_LINE not in person.sees
