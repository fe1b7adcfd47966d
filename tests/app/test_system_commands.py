"""The command palette has all that the screen below it can do."""

from __future__ import annotations

from pathlib import Path

from textual.command import CommandPalette
from textual.widgets import Input

from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.system_commands import screen_commands
from alc_tui.tui.widgets.preview import Preview
from tests.app.person import Person, Sit
from tests.made_sessions import make_session


async def chooses(person: Person, command: str) -> None:
    """Choose a command by its whole name."""
    await person.looks()
    await person.pilot.press("ctrl+p")
    await person.waits_until(lambda: person.is_at(CommandPalette))
    person.app.screen.query_one(Input).value = command
    await person.waits_until(lambda: command in [line.strip() for line in person.sees.splitlines()])
    await person.pilot.press("enter")
    await person.waits_until(lambda: not person.is_at(CommandPalette))


async def test_every_key_of_the_labeling_screen_has_a_command(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.looks()
        screen = person.screen(LabelScreen)
        offered = {command.title: command.help for command in screen_commands(screen)}
        for bound in screen.active_bindings.values():
            if bound.node is screen and bound.binding.id and not bound.binding.action.startswith("app."):
                assert bound.binding.tooltip.rstrip(".") in offered
        assert offered["Zoom in"] == "key +"


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
