"""From a class or a cell of the confusion matrix to its test images, and more of these in later rounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from alc_tui.session.labeling.scored import of_cell, of_class
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdict
from alc_tui.tui.gallery.screen import GalleryScreen
from alc_tui.tui.grid.thumbnail_grid import ThumbnailGrid
from alc_tui.tui.keys import class_keys
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.progress.screen import ProgressScreen
from tests.app.person import Person, Sit
from tests.made_sessions import CLASSES, finish_round, make_session


@pytest.fixture
def folder(tmp_path: Path) -> SessionFolder:
    return make_session(tmp_path / "skin", samples=200, rounds=3)


async def opens_progress(person: Person) -> None:
    await person.presses("p")
    await person.waits_until(lambda: person.is_at(ProgressScreen))


async def reaches(person: Person, screen: type[Screen[Any]]) -> None:
    await person.waits_until(lambda: person.is_at(screen) and "? Help" in person.sees)


async def presses(person: Person, *keys: str) -> None:
    """Keys on screens that decide nothing."""
    for key in keys:
        await person.pilot.press(key)
        await person.waits_until(lambda: person.app._key_delay.held is None)
        await person.pilot.pause()


def heading(person: Person) -> str:
    return person.sees.splitlines()[1]


def words(person: Person) -> list[str]:
    """What can be read, but for the last lines: images may still be on their way."""
    return [word for line in person.sees.splitlines()[:-3] for word in line.split() if set(word) - set("▀▄")]


def test_the_images_of_all_cells_are_the_test_set_as_the_matrix_counts_it(folder: SessionFolder) -> None:
    service = SessionService(folder)
    confusion = service.rounds[-1].scores.best.confusion
    found = [[of_cell(service, truth, predicted) for predicted in CLASSES] for truth in CLASSES]
    assert [[len(cell) for cell in row] for row in found] == [list(row) for row in confusion]
    positions = sorted(image.position for row in found for cell in row for image in cell)
    assert positions == service.samples.test.tolist()
    for truth, row in zip(CLASSES, found, strict=True):
        for predicted, cell in zip(CLASSES, row, strict=True):
            assert {(image.label, image.prediction) for image in cell} <= {(truth, predicted)}
            shares = [image.probability for image in cell]
            assert shares == sorted(shares, reverse=True)


def test_those_of_a_class_are_missed_ones_then_false_alarms_then_right_ones(folder: SessionFolder) -> None:
    service = SessionService(folder)
    images = of_class(service, "NV")
    kinds = [(image.is_right, image.label != "NV") for image in images]
    assert kinds == sorted(kinds) and {(False, False), (False, True), (True, False)} == set(kinds)
    expected = {image.position for name in CLASSES for image in of_cell(service, "NV", name)}
    expected |= {image.position for name in CLASSES for image in of_cell(service, name, "NV")}
    assert {image.position for image in images} == expected


async def test_g_shows_the_images_of_the_class_under_the_cursor(folder: SessionFolder, sit: Sit) -> None:
    async with sit(folder) as person:
        images = of_class(person.service, "NV")
        await opens_progress(person)
        await presses(person, "down", "g")
        await person.waits_until(lambda: person.is_at(GalleryScreen))
        assert heading(person).split("  ")[0].strip().startswith(f"NV: {len(images)} images")
        shown = person.screen(GalleryScreen).query_one(ThumbnailGrid)
        await person.waits_until(lambda: len(shown._pictures) > 1)
        assert [tile.position for tile in shown._tiles] == [image.position for image in images[: len(shown._tiles)]]
        assert f"{images[0].label} as {images[0].prediction}" in person.sees
        await presses(person, "right", "1", "s", "x")
        assert images[1].sample in person.sees
        await presses(person, "escape")
        await person.waits_until(lambda: person.is_at(ProgressScreen))
        assert person.decisions() == []


async def test_g_shows_the_images_of_the_cell_under_the_cursor(folder: SessionFolder, sit: Sit) -> None:
    async with sit(folder) as person:
        images = of_cell(person.service, "NV", "BCC")
        assert images
        await opens_progress(person)
        await presses(person, "tab", "tab", "left", "up", "down", "right", "right", "g")
        await person.waits_until(lambda: person.is_at(GalleryScreen))
        assert f"NV predicted as BCC: {len(images)} image" in heading(person)
        assert f"{len(images)} wrong" in heading(person)
        await presses(person, "escape", "up", "left", "left", "g")
        await person.waits_until(lambda: person.is_at(GalleryScreen))
        assert "MEL predicted as MEL" in heading(person) and " 0 wrong" in heading(person)
        await presses(person, "escape", *["right"] * 5, "g")
        await person.waits_until(lambda: person.is_at(GalleryScreen))
        assert heading(person).strip().startswith(f"MEL: {len(of_class(person.service, 'MEL'))} images")


async def test_keys_of_classes_do_nothing_among_scores_and_test_images(tmp_path: Path, sit: Sit) -> None:
    names = [f"class {number:02d}" for number in range(1, 22)]
    async with sit(make_session(tmp_path / "many", names, samples=200)) as person:
        await opens_progress(person)
        for screen in (ProgressScreen, GalleryScreen):
            await reaches(person, screen)
            before = words(person)
            for key in filter(None, class_keys(names)):
                await presses(person, key)
                await person.sees_text("Class keys label images on the labeling screen and in the grid only.")
                assert person.is_at(screen) and words(person) == before, key
            await presses(person, "g")
        assert person.decisions() == []


async def test_the_cursor_stays_where_it_is_when_counts_become_shares(folder: SessionFolder, sit: Sit) -> None:
    async with sit(folder) as person:
        await opens_progress(person)
        await presses(person, "tab", "tab", "down", "right", "t", "g")
        await person.waits_until(lambda: person.is_at(GalleryScreen))
        assert "NV predicted as NV" in heading(person)


async def test_enter_shows_an_image_alone_and_all_again(folder: SessionFolder, sit: Sit) -> None:
    async with sit(folder) as person:
        await opens_progress(person)
        await presses(person, "g")
        await person.waits_until(lambda: person.is_at(GalleryScreen))
        shown = person.screen(GalleryScreen).query_one(ThumbnailGrid)
        before = shown._tiling
        await presses(person, "enter")
        assert shown._tiling.area > before.area and shown._tiling.page == 1
        await presses(person, "enter")
        assert shown._tiling == before


async def test_escape_and_q_lead_from_the_image_to_all_of_them_and_then_back(folder: SessionFolder, sit: Sit) -> None:
    async with sit(folder, size=(200, 60)) as person:
        await opens_progress(person)
        await presses(person, "g")
        await person.waits_until(lambda: person.is_at(GalleryScreen))
        shown = person.screen(GalleryScreen).query_one(ThumbnailGrid)
        await presses(person, "enter")
        assert shown._tiling.page == 1
        await presses(person, "escape")
        await person.waits_until(lambda: shown._tiling.page > 1)
        assert person.is_at(GalleryScreen)
        await presses(person, "q")
        await person.waits_until(lambda: person.is_at(ProgressScreen))
        await presses(person, "q")
        await person.waits_until(lambda: person.is_at(LabelScreen))


async def test_a_cell_without_images_says_so(tmp_path: Path, sit: Sit) -> None:
    async with sit(make_session(tmp_path / "few", samples=40)) as person:
        empty = [(t, p) for t in CLASSES for p in CLASSES if not of_cell(person.service, t, p)]
        assert empty
        row, column = CLASSES.index(empty[0][0]), CLASSES.index(empty[0][1])
        await opens_progress(person)
        await presses(person, "tab", "tab", *["down"] * row, *["right"] * column, "g", "enter", "right")
        await person.sees_text("No test image is here.")


async def test_m_makes_a_class_the_focus_class_and_m_again_clears_it(folder: SessionFolder, sit: Sit) -> None:
    async with sit(folder) as person:
        await opens_progress(person)
        await presses(person, "down", "down", "M")
        await person.sees_text("More of BCC: from round 2 on")
        assert "Focus class BCC ◆" in person.sees and "BCC ◆  " in person.sees
        assert person.service.focus == "BCC"
        await presses(person, "M")
        await person.sees_text("The focus class is cleared")
        assert "◆" not in person.sees and person.service.focus is None
        assert [one.kind for one in Journal(folder.journal).decisions] == ["focus", "undo"]


async def test_in_the_matrix_it_is_the_true_class_and_among_the_images_it_works_too(
    folder: SessionFolder, sit: Sit
) -> None:
    async with sit(folder) as person:
        await opens_progress(person)
        await presses(person, "tab", "tab", "down", "right", "right", "M")
        assert person.service.focus == "NV"
        await presses(person, "up", "g")
        await person.waits_until(lambda: person.is_at(GalleryScreen))
        await presses(person, "M")
        await person.sees_text("More of MEL: from round 2 on")
        await presses(person, "escape")
        await person.sees_text("Focus class MEL ◆")


async def test_where_it_has_no_effect_any_more_the_reason_is_said(tmp_path: Path, sit: Sit) -> None:
    async with sit(make_session(tmp_path / "skin", rounds=1)) as person:
        await opens_progress(person)
        await presses(person, "M")
        await person.sees_text("are ranked already")
        assert person.service.decisions == []


async def test_those_who_watch_see_images_and_set_nothing(folder: SessionFolder, sit: Sit) -> None:
    async with sit(folder, write=False) as person:
        await opens_progress(person)
        await person.sees_text("Images")
        assert "More of these" not in person.sees
        await presses(person, "M", "g")
        await person.waits_until(lambda: person.is_at(GalleryScreen))
        assert person.service.focus is None


async def test_the_ledger_says_which_rounds_were_ranked_with_one(folder: SessionFolder, sit: Sit) -> None:
    async with sit(folder) as person:
        service = person.service
        service.set_focus("BCC")
        for sample in service.queue:
            service.decide(sample, Verdict("skip", seconds=1))
        finish_round(folder)
        service.refresh()
        service.decide(service.queue[0], Verdict("skip", seconds=1))
        await opens_progress(person)
        await presses(person, *["tab"] * 4)
        line = next(line for line in person.sees.splitlines() if "focus class" in line.lower() and "◆" not in line)
        assert line.split() == ["focus", "class", "–", "BCC"]
