"""Finding a class by a part of its name, where there are more classes than keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.dialogs.pick_class import PickClassScreen
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.labeling.screen import LabelScreen
from tests.app.person import Person, Sit
from tests.made_sessions import make_session

NAMES = ("melanoma", "naevus", "basal cell carcinoma", "squamous cell carcinoma", "[b]odd[/]")


@pytest.fixture
def skin(tmp_path: Path) -> SessionFolder:
    return make_session(tmp_path / "skin", classes=NAMES, samples=100)


async def looks_for(person: Person, typed: str) -> list[str]:
    """The classes offered, without their keys."""
    await person.presses("slash")
    await person.waits_until(lambda: person.is_at(PickClassScreen))
    await person.pilot.press(*(key if key != " " else "space" for key in typed))
    await person.pilot.pause(0.05)
    return offered(person)


def offered(person: Person) -> list[str]:
    from textual.widgets import OptionList

    options = person.screen(PickClassScreen).query_one(OptionList)
    return [str(options.get_option_at_index(index).prompt)[3:] for index in range(options.option_count)]


async def test_it_says_what_the_class_is_for_and_that_none_matches(skin: SessionFolder, sit: Sit) -> None:
    async with sit(skin) as person:
        assert await looks_for(person, "zebra") == []
        await person.sees_text("No class matches.")
        assert "Which class does the image show?" in person.sees
        await person.pilot.press("escape")
        await person.presses("g")
        await person.waits_until(lambda: person.is_at(GridScreen))
        await person.pilot.press("c")
        await person.sees_text("Which class shall the grid show?")


async def test_a_part_of_the_name_in_any_case_narrows_and_enter_decides(skin: SessionFolder, sit: Sit) -> None:
    async with sit(skin) as person:
        first = person.service.queue[0]
        assert await looks_for(person, "CELL") == ["basal cell carcinoma", "squamous cell carcinoma"]
        assert person.decisions() == []
        await person.pilot.press("enter")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        assert person.decisions() == [(first, "label", "basal cell carcinoma")]


async def test_names_that_begin_with_it_come_first(skin: SessionFolder, sit: Sit) -> None:
    async with sit(skin) as person:
        assert (await looks_for(person, "s"))[0] == "squamous cell carcinoma"


async def test_arrows_choose_among_those_offered_round_and_round(skin: SessionFolder, sit: Sit) -> None:
    async with sit(skin) as person:
        await looks_for(person, "cell")
        await person.pilot.press("down", "down", "up", "enter")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        assert [name for _, _, name in person.decisions()] == ["squamous cell carcinoma"]


async def test_escape_decides_nothing(skin: SessionFolder, sit: Sit) -> None:
    async with sit(skin) as person:
        await looks_for(person, "mel")
        await person.pilot.press("escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        assert person.decisions() == []
        await person.presses("2")
        assert [name for _, _, name in person.decisions()] == ["naevus"]


async def test_enter_on_nothing_found_decides_nothing(skin: SessionFolder, sit: Sit) -> None:
    async with sit(skin) as person:
        assert await looks_for(person, "zzz") == []
        await person.pilot.press("down", "enter")
        assert person.is_at(PickClassScreen)
        assert person.decisions() == []


async def test_digits_and_commands_are_only_text_there(skin: SessionFolder, sit: Sit) -> None:
    async with sit(skin) as person:
        assert await looks_for(person, "1sxq?") == []
        assert person.is_at(PickClassScreen)
        assert person.decisions() == []


async def test_names_with_markup_are_shown_as_they_are(skin: SessionFolder, sit: Sit) -> None:
    async with sit(skin) as person:
        assert await looks_for(person, "odd") == ["[b]odd[/]"]
        assert "5  [b]odd[/]" in person.sees


async def test_a_class_without_a_key_among_sixty_is_found(tmp_path: Path, sit: Sit) -> None:
    names = [f"tissue {number:02d}" for number in range(60)]
    folder = make_session(tmp_path / "many", classes=names, samples=300)
    async with sit(folder) as person:
        assert len(await looks_for(person, "")) == 60
        await person.pilot.press("up")
        await person.sees_text("tissue 59")
        await person.pilot.press("5", "7", "enter")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        assert [name for _, _, name in person.decisions()] == ["tissue 57"]


async def test_an_earlier_appearance_counts_for_this_verdict_and_not_for_the_next(
    skin: SessionFolder, sit: Sit
) -> None:
    async with sit(skin) as person:
        await looks_for(person, "mel")
        person.guard = 1
        await person.pilot.pause(1)
        await person.pilot.press("enter")
        await person.waits_until(lambda: len(person.decisions()) == 1)
        await person.pilot.press("1", "2", "s")
        assert len(person.decisions()) == 1


async def test_it_does_not_open_before_the_image_was_seen(skin: SessionFolder, sit: Sit) -> None:
    async with sit(skin) as person:
        await person.looks()
        person.guard = 60
        await person.pilot.press("slash")
        await person.sees_text("was ignored")
        assert person.is_at(LabelScreen)
