"""Blind: given label and the model's are a secret until the first verdict, and the journal says which verdicts were."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.progress.screen import ProgressScreen
from tests.app.person import Person, Sit
from tests.made_sessions import CLASSES, make_session

WIDE = (140, 48)


@pytest.fixture
def blind(tmp_path: Path) -> SessionFolder:
    return make_session(tmp_path / "skin", blind=True)


def verdicts(person: Person) -> list[tuple[str | None, bool]]:
    return [(one.label, one.blind) for one in person.service.decisions]


def tells(person: Person) -> list[str]:
    """What on the screen would tell the given label or what the model believes."""
    return [word for word in ("The model", "The given label", "%", "given+model", "nearest") if word in person.sees]


async def test_no_label_is_shown_before_the_first_verdict(blind: SessionFolder, sit: Sit) -> None:
    async with sit(blind, WIDE) as person:
        await person.looks()
        assert tells(person) == []
        assert person.sees.count("hidden (blind)") == 2
        for name in CLASSES:
            assert person.sees.count(name) == 1, "only in the list of classes"
        await person.presses("2")
        assert verdicts(person) == [(CLASSES[1], True)]
        await person.looks()
        assert "hidden (blind)" in person.sees


async def test_hidden_labels_can_be_neither_confirmed_nor_accepted(blind: SessionFolder, sit: Sit) -> None:
    async with sit(blind, WIDE) as person:
        for key in ("enter", "a"):
            await person.presses(key)
            await person.sees_text("press a class key")
        assert person.decisions() == []
        await person.presses("x", "s", "f")
        assert [kind for _, kind, _ in person.decisions()] == ["exclude", "skip", "flag"]


async def test_labels_are_shown_after_an_undo_and_the_next_verdict_is_not_blind(blind: SessionFolder, sit: Sit) -> None:
    async with sit(blind, WIDE) as person:
        await person.presses("1", "u")
        await person.sees_text("The model")
        await person.presses("2")
        assert [one for one in verdicts(person) if one[0]] == [(CLASSES[0], True), (CLASSES[1], False)]
    async with sit(blind, WIDE) as person:
        await person.presses("u", "3")
        assert verdicts(person)[-1] == (CLASSES[2], False)


async def test_neither_folder_nor_path_is_shown(tmp_path: Path, sit: Sit) -> None:
    root = tmp_path / "data"
    files = [root / f"image-{number:02d}.png" for number in range(60)]
    root.mkdir()
    for file in files:
        Image.new("RGB", (8, 8)).save(file)
    folder = make_session(tmp_path / "skin", images=files, blind=True)
    async with sit(folder, (160, 30)) as person:
        for keys in (("i",), ("s",), ("u",), ("i",), ("f", "u")):
            await person.presses(*keys)
            await person.looks()
            assert str(root) not in person.sees and "image-" not in person.sees
        await person.presses("i")
        await person.sees_text("8 × 8 pixels. The path is hidden, because it may reveal the label.")


async def test_names_are_hidden_while_noise_is_injected(tmp_path: Path, sit: Sit) -> None:
    async with sit(make_session(tmp_path / "skin"), (160, 40)) as person:
        await person.looks()
        assert "The model" in person.sees, "labels are not hidden"
        await person.presses("i", "s", "u", "g")
        await person.waits_until(lambda: person.is_at(GridScreen))
        assert "image-0" not in person.sees and str(tmp_path) not in person.sees


async def test_the_last_verdict_does_not_tell_the_given_label(blind: SessionFolder, sit: Sit) -> None:
    async with sit(blind, WIDE) as person:
        await person.presses("1")
        await person.sees_text(f"Last: {CLASSES[0]} (#")
        assert "→" not in person.sees and "confirmed" not in person.sees


async def test_the_footer_offers_no_key_that_needs_the_labels(blind: SessionFolder, sit: Sit) -> None:
    async with sit(blind, WIDE) as person:
        await person.looks()
        footer = person.sees.splitlines()[-1]
        assert "Skip" in footer and "Confirm" not in footer and "Accept" not in footer
        await person.presses("1", "u")
        await person.waits_until(lambda: "Confirm" in person.sees.splitlines()[-1])


async def test_a_blind_session_stays_blind(blind: SessionFolder, sit: Sit) -> None:
    async with sit(blind, WIDE) as person:
        await person.presses("b")
        await person.sees_text("This session uses blind mode")
        assert tells(person) == []


async def test_blind_on_the_command_line_stays_on(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, WIDE, Preferences(blind=True)) as person:
        await person.presses("b", "1")
        assert verdicts(person) == [(CLASSES[0], True)]


async def test_b_makes_the_next_images_blind_but_not_the_one_that_was_seen(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, WIDE) as person:
        await person.looks()
        assert "The model" in person.sees
        await person.presses("b")
        await person.sees_text("Blind mode starts with the next image")
        await person.presses("1")
        await person.looks()
        assert tells(person) == []
        await person.presses("2")
        assert [is_blind for _, is_blind in verdicts(person)] == [False, True]


async def test_to_look_and_then_to_be_blind_again_is_not_blind(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, WIDE) as person:
        await person.presses("b", "1")
        await person.presses("b")
        await person.sees_text("Blind mode is off")
        assert "The model" in person.sees
        await person.presses("b", "1", "1")
        assert [is_blind for _, is_blind in verdicts(person)] == [False, False, True]


async def test_it_stays_on_in_the_next_round(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, WIDE) as person:
        await person.presses("b", *"11111")
        await person.presses("enter")
        await person.waits_until(lambda: person.is_at(ProgressScreen))
        await person.pilot.press("enter")
        await person.sees_text("round 2 of 2   blind")
        await person.presses("1")
        assert [is_blind for _, is_blind in verdicts(person)] == [False, True, True, True, True, True]


async def test_the_heading_says_that_blind_mode_is_on(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.looks()
        assert "blind" not in person.sees
        await person.presses("b")
        await person.sees_text("round 1 of 2   blind")


@pytest.mark.parametrize("enforced", [True, False])
async def test_the_grid_reveals_no_more_than_the_labeling_screen(
    session: SessionFolder, sit: Sit, enforced: bool
) -> None:
    async with sit(session, WIDE, Preferences(blind=enforced)) as person:
        await person.presses(*([] if enforced else ["b"]), "1", "g")
        await person.waits_until(lambda: person.is_at(GridScreen))
        await person.sees_text("2 open")
        await person.pilot.press("home", "right")
        await person.sees_text("2  #")
        assert person.service.queue[1] not in person.sees
        assert "given" not in person.sees
        assert "%" not in person.sees


async def test_without_images_blind_mode_shows_numbers_in_place_of_names(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, preferences=Preferences(preview="off")) as person:
        await person.sees_text(person.service.queue[0])
        await person.presses("b", "1")
        await person.looks()
        assert person.service.queue[1] not in person.sees and "#" in person.sees


async def test_undoing_the_verdict_of_another_annotator_tells_nothing_about_the_sample(
    session: SessionFolder, sit: Sit
) -> None:
    with SessionService(session, annotator="anna", write=True) as anna:
        for sample, label in zip(anna.queue[:2], CLASSES[1:], strict=True):
            anna.decide(sample, Verdict("label", label))
    async with sit(session, WIDE, Preferences(blind=True), annotator="ben") as person:
        await person.presses("u")
        await person.sees_text("Undone: the verdict of anna on #")
        await person.looks()
        assert tells(person) == [] and person.sees.count("hidden (blind)") == 2
    async with sit(session, WIDE, Preferences(blind=True), annotator="ben") as person:
        await person.looks()
        assert tells(person) == []
        await person.presses("1", "u")
        await person.sees_text(f"Undone: {CLASSES[0]} (#")
