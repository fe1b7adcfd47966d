"""`v` opens the viewer; what it shows in a browser follows the screen."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientError

from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.dialogs.viewer import ViewerScreen
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.preferences import Preferences
from alc_tui.viewer.viewer import Viewer
from tests.app.person import Person, Sit
from tests.made_sessions import CLASSES, make_session
from tests.viewer.watching import Browser, browsing


async def address(person: Person) -> str:
    """The address that the dialog says."""
    await person.sees_text("http://127.0.0.1:")
    found = re.search(r"http://127\.0\.0\.1:\d+/[\w-]+/", person.sees)
    assert found is not None
    return found[0]


@asynccontextmanager
async def watches(person: Person) -> AsyncIterator[Browser]:
    """The person has opened the viewer in a browser, and is back at the labeling screen."""
    await person.presses("v")
    async with browsing(await address(person)) as browser:
        await person.pilot.press("escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        yield browser


async def test_v_starts_the_viewer_and_says_where_it_is(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.presses("v")
        at = await address(person)
        port = at.split(":")[2].split("/")[0]
        assert f"-L {port}:127.0.0.1:{port} " in person.sees
        assert person.app.clipboard == at
        async with browsing(at) as browser:
            assert (await browser.asks()).status == 200
        assert person.decisions() == []


async def test_v_says_the_same_address_again_and_stops_the_viewer_there(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person, watches(person) as browser:
        await person.presses("v")
        assert await address(person) == browser.address
        await person.pilot.press("v")
        await person.waits_until(lambda: person.app._viewer.server is None)
        with pytest.raises(ClientError):
            await browser.asks()
        assert person.is_at(LabelScreen)


async def test_the_page_follows_every_verdict_and_undo(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person, watches(person) as browser, browser.follows() as messages:
        first = await messages.next()
        item = person.service.next_item()
        assert item is not None
        assert first["place"] == "round 1 of 2, image 1 of 5"
        assert first["classes"] == [[str(number), name] for number, name in enumerate(CLASSES, start=1)]
        assert first["labels"]["given"][0] == item.given
        assert first["labels"]["suggestion"][0] == item.suggestion
        assert [label for _, label in first["labels"]["neighbors"]] == [near.label for near in item.neighbors[:4]]
        await person.presses("1")
        second = await messages.next()
        assert second["place"] == "round 1 of 2, image 2 of 5"
        assert second["image"] == first["ahead"][0]
        assert (await browser.asks(f"image/{second['image']}")).content_type == "image/png"
        await person.presses("u")
        again = await messages.next()
        assert {**again, "ahead": None} == {**first, "ahead": None}


async def test_the_page_shows_no_sample_once_the_round_is_decided(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person, watches(person) as browser:
        await person.presses("1", "1", "1", "1", "1")
        await person.sees_text("All samples of round 1 of 2 are decided.")
        assert await browser.message() == {"image": None}


async def test_in_blind_mode_the_page_knows_no_label_until_the_verdict(tmp_path: Path, sit: Sit) -> None:
    blind = make_session(tmp_path / "skin", blind=True)
    async with sit(blind) as person, watches(person) as browser, browser.follows() as messages:
        assert (await messages.next())["labels"] is None
        await person.presses("1")
        assert (await messages.next())["labels"] is None
        await person.presses("u")
        assert (await messages.next())["labels"] is not None


async def test_b_hides_the_labels_of_the_next_samples_on_the_page_too(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person, watches(person) as browser:
        await person.presses("b", "1")
        assert (await browser.message())["labels"] is None


async def test_no_message_names_a_file(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person, watches(person) as browser:
        for _ in range(3):
            message = str(await browser.message())
            assert not any(name in message for name in person.service.queue)
            await person.presses("1")


async def test_the_viewer_starts_with_the_app_where_it_is_preferred(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, preferences=Preferences(viewer=True)) as person:
        at = await address(person)
        assert person.is_at(ViewerScreen)
        async with browsing(at) as browser:
            assert (await browser.message())["labels"] is not None
        await person.pilot.press("enter")
        await person.presses("1")
        assert len(person.decisions()) == 1


async def test_the_viewer_ends_with_the_app(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.presses("v")
        at = await address(person)
    async with browsing(at) as browser:
        with pytest.raises(ClientError):
            await browser.asks()


async def test_a_port_that_is_taken_is_a_sentence_not_the_end(session: SessionFolder, sit: Sit) -> None:
    other = Viewer()
    port = (await other.start()).port
    async with sit(session, preferences=Preferences(viewer_port=port)) as person:
        await person.presses("v")
        await person.sees_notification(f"The viewer cannot use port {port}")
        await person.presses("1")
        assert len(person.decisions()) == 1
    await other.stop()


async def test_somebody_who_only_watches_has_the_viewer_too(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, write=False) as person, watches(person) as browser:
        assert (await browser.message())["place"] == "round 1 of 2, image 1 of 5"
