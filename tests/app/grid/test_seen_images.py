"""Only images that the terminal has received can be marked, and only questions that were read are answered."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import pytest

from alc_tui.data.images import FileImages, WindowedImage
from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.grid.thumbnail_grid import ThumbnailGrid
from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from tests.app.grid.looking import opens_grid, painted, said, types
from tests.app.person import Sit


async def test_an_image_that_is_not_painted_yet_cannot_be_marked(
    twenty: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, really = Event(), FileImages.read_in_window
    late: list[int] = []

    def slowly(self: FileImages, position: int, window: str) -> WindowedImage:
        if position in late:
            opened.wait(60)
        return really(self, position, window)

    monkeypatch.setattr(FileImages, "read_in_window", slowly)
    async with sit(twenty) as person:
        late.append(person.service.item(7).position)
        await person.presses("g")
        await person.waits_until(lambda: person.is_at(GridScreen))
        await types(person, "down", "right", "space")
        assert "has not appeared yet" in said(person)
        await person.waits_until(lambda: person.screen(GridScreen).query_one(ThumbnailGrid).seen(0) is not None)
        await types(person, "asterisk")
        assert "●8 open" not in person.sees
        opened.set()
        await painted(person)
        await types(person, "space")
        await person.sees_text("●8 open")


async def test_a_yes_as_fast_as_the_keys_before_it_decides_nothing(twenty: SessionFolder, sit: Sit) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        person.guard = 60
        await person.pilot.press("asterisk", "1", "y")
        await person.sees_text("before this question appeared")
        assert person.is_at(ConfirmScreen) and person.decisions() == []


async def test_an_image_is_seen_once_the_terminal_has_it(
    twenty: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(twenty) as person:
        await person.looks()
        asked: list[Callable[[float], None]] = []
        monkeypatch.setattr(DeliveryConfirmation, "ask", lambda _, then: asked.append(then))
        await person.presses("g")
        await person.waits_until(lambda: person.is_at(GridScreen))
        shown = person.screen(GridScreen).query_one(ThumbnailGrid)
        await person.waits_until(lambda: len(shown.waiting) == 12)
        assert [shown.seen(tile) for tile in shown.on_page] == [None] * 12
        await types(person, "space")
        assert "has not appeared yet" in said(person)
        await types(person, "asterisk", "1")
        assert person.is_at(GridScreen) and "●" not in person.sees
        asked[-1](0.0)
        assert [shown.seen(tile) for tile in shown.on_page] == [True] * 12
        await types(person, "asterisk")
        await person.sees_text("12 marked")


async def test_an_answer_for_another_page_is_ignored(
    twenty: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        asked: list[Callable[[float], None]] = []
        monkeypatch.setattr(DeliveryConfirmation, "ask", lambda _, then: asked.append(then))
        shown = person.screen(GridScreen).query_one(ThumbnailGrid)
        await types(person, "pagedown")
        await person.waits_until(lambda: len(asked) > 0 and len(shown.waiting) == 8)
        await types(person, "pageup")
        await person.waits_until(lambda: len(shown.waiting) == 12)
        asked[0](0.0)
        assert [shown.seen(tile) for tile in shown.on_page] == [None] * 12


async def test_images_behind_a_question_are_asked_for_again_after_it(
    twenty: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(twenty) as person:
        await opens_grid(person)
        await types(person, "space")
        asked: list[Callable[[float], None]] = []
        monkeypatch.setattr(DeliveryConfirmation, "ask", lambda _, then: asked.append(then))
        shown = person.screen(GridScreen).query_one(ThumbnailGrid)
        await types(person, "pagedown")
        await person.waits_until(lambda: len(shown.waiting) == 8)
        await types(person, "f")
        await person.waits_until(lambda: person.is_at(ConfirmScreen) and asked[-1].__name__ == "_received")
        await types(person, "n")
        await person.waits_until(lambda: person.is_at(GridScreen) and asked[-1].__name__ != "_received")
        asked[-1](0.0)
        assert [shown.seen(tile) for tile in shown.on_page] == [True] * 8
