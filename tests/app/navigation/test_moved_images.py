"""The app asks where the images are if they are missing."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.dialogs.ask import AskScreen
from alc_tui.tui.labeling.screen import LabelScreen
from tests.app.person import Person, Sit


async def answers(person: Person, place: Path) -> None:
    await person.waits_until(lambda: person.is_at(AskScreen))
    person.app.screen.query_one(Input).value = str(place)
    await person.pilot.press("enter")


async def test_it_asks_until_the_images_are_found_and_goes_on(session: SessionFolder, sit: Sit, tmp_path: Path) -> None:
    (tmp_path / "skin-images").rename(tmp_path / "moved")
    async with sit(session, (100, 30)) as person:
        await person.sees_text("In which folder are they now?")
        await answers(person, tmp_path / "nowhere")
        await person.sees_notification("cannot be read")
        await answers(person, tmp_path / "moved")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("1")
        assert len(person.decisions()) == 1
    assert Document(session.document).session.dataset.root == str(tmp_path / "moved")


async def test_escape_leaves_everything_as_it_was(session: SessionFolder, sit: Sit, tmp_path: Path) -> None:
    (tmp_path / "skin-images").rename(tmp_path / "moved")
    before = session.document.read_bytes()
    async with sit(session, (100, 30)) as person:
        await person.waits_until(lambda: person.is_at(AskScreen))
        await person.pilot.press("escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
    assert session.document.read_bytes() == before


async def test_it_does_not_ask_where_the_images_are_there(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (100, 30)) as person:
        await person.looks()
        await person.presses("1")
        assert not person.is_at(AskScreen) and len(person.decisions()) == 1
