"""The command palette has all that the screen below it can do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.screen import Screen
from textual.widgets import Input

from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.tui.compare.screen import CompareScreen
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.progress.screen import ProgressScreen
from alc_tui.tui.review.screen import ReviewScreen
from alc_tui.tui.system_commands import screen_commands
from alc_tui.tui.widgets.preview import Preview
from tests.app.person import Person, Sit
from tests.made_sessions import make_session

UNDO = "Undo the last verdict; press again to undo more"


def meanings(screen: Screen[Any]) -> set[str]:
    """What the keys of a screen do, without those of the whole app."""
    own = [bound.binding for bound in screen.active_bindings.values() if bound.node is screen]
    return {one.tooltip.rstrip(".") for one in own if one.id and not one.action.startswith("app.")}


async def chooses(person: Person, command: str) -> None:
    """Choose a command by its whole name."""
    if person.is_at(LabelScreen):
        await person.looks()
    await person.pilot.press("ctrl+p")
    await person.waits_until(lambda: person.is_at(CommandPalette))
    person.app.screen.query_one(Input).value = command
    await person.waits_until(lambda: command in [line.strip() for line in person.sees.splitlines()])
    await person.pilot.press("enter")
    await person.waits_until(lambda: not person.is_at(CommandPalette))


def offered(screen: Screen[Any]) -> dict[str, str | None]:
    return {command.title: command.help for command in screen_commands(screen)}


async def test_every_key_of_the_labeling_screen_has_a_command(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.looks()
        screen = person.screen(LabelScreen)
        assert meanings(screen) == set(offered(screen))
        assert offered(screen)["Zoom in"] == "key +"


@pytest.mark.parametrize(
    ("key", "screen", "meaning"),
    [
        ("g", GridScreen, "Next page"),
        ("r", ReviewScreen, "Next list"),
        ("p", ProgressScreen, "Next section"),
        ("c", CompareScreen, UNDO),
    ],
)
async def test_every_key_of_the_other_screens_has_a_command(
    session: SessionFolder, sit: Sit, key: str, screen: type[Screen[Any]], meaning: str
) -> None:
    async with sit(session) as person:
        person.service.decide(person.service.queue[0], Verdict("flag"))
        await person.presses(key)
        await person.waits_until(lambda: person.is_at(screen))
        found = person.screen(screen)
        assert meanings(found) == set(offered(found))
        assert meaning in offered(found)


async def test_a_command_of_compare_decides_the_sample_below_it(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        item = person.service.item(0)
        for command in ("Accept the model's suggestion", UNDO):
            await person.presses("c")
            await person.waits_until(lambda: person.is_at(CompareScreen))
            await chooses(person, command)
            await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.sees_text("Undone: ")
        assert person.decisions()[0] == (item.sample, "label", item.suggestion)
        assert [kind for _, kind, _ in person.decisions()] == ["label", "undo"]


async def test_a_zoom_from_the_palette_is_the_same_as_by_its_key(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await chooses(person, "Zoom in")
        await person.waits_until(lambda: person.screen(LabelScreen).query_one(Preview).view.zoom > 1)
        assert person.decisions() == []


async def test_a_verdict_from_the_palette_is_about_the_image_below_it(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        item = person.service.item(0)
        await chooses(person, "Accept the model's suggestion")
        await person.waits_until(lambda: person.decisions() == [(item.sample, "label", item.suggestion)])


async def test_in_blind_mode_no_command_needs_the_labels(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, preferences=Preferences(blind=True)) as person:
        await person.looks()
        titles = " ".join(command.title for command in screen_commands(person.screen(LabelScreen)))
        assert "Confirm the given label" not in titles and "Accept" not in titles and "Skip" in titles


async def test_the_grid_has_its_own_commands(tmp_path: Path, sit: Sit) -> None:
    async with sit(make_session(tmp_path / "skin")) as person:
        await person.presses("g")
        await person.waits_until(lambda: person.is_at(GridScreen))
        titles = [command.title for command in screen_commands(person.screen(GridScreen))]
        assert "Next page" in titles and "Zoom in" not in titles
