"""The bottom line shows keys whole, the first ones first, and always how to get help."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets._footer import FooterKey

from alc_tui.session.store.lock import WriterLock
from alc_tui.tui import screens
from alc_tui.tui.compare.screen import CompareScreen
from alc_tui.tui.gallery.screen import GalleryScreen
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.progress.screen import ProgressScreen
from alc_tui.tui.review.screen import ReviewScreen
from alc_tui.tui.sessions.new_session import NewSessionScreen
from alc_tui.tui.sessions.screen import SessionsScreen
from alc_tui.tui.training.screen import TrainingScreen
from alc_tui.tui.widgets.key_bar import KeyBar, fitting
from tests.app.person import Person, Sit
from tests.made_sessions import make_session

WITH_BAR = (
    *("label", "grid", "compare", "review", "progress"),
    *("gallery", "training", "sessions", "new_session", "summary"),
)


def bar_of(app: App[Any]) -> str:
    lines = app.screen._compositor.render_strips()
    return "".join(segment.text for segment in lines[-1]) if lines else ""


def words(app: App[Any]) -> list[str]:
    """The keys and their names on the bottom line."""
    return bar_of(app).replace("▏", " ").split()


def stage(kind: type[Screen[Any]]) -> App[None]:
    """An app with nothing but the keys of a screen, all of them active."""

    class Bare(Screen[None]):
        BINDINGS = kind.BINDINGS

        def compose(self) -> ComposeResult:
            yield KeyBar()

    class Stage(App[None]):
        def on_mount(self) -> None:
            self.push_screen(Bare())

    return Stage()


async def words_at_width(pilot: Pilot[Any], width: int) -> list[str]:
    """The keys and their names, once the bottom line has been laid out for this width."""
    while True:
        bars = pilot.app.screen.query(KeyBar)
        keys = [key for bar in bars if bar._width == bar.size.width == width for key in bar.query(FooterKey)]
        if keys and all(key.region for key in keys):
            return words(pilot.app)
        await pilot.pause(0.01)


@pytest.mark.parametrize("name", WITH_BAR)
async def test_at_any_width_keys_are_whole_and_help_is_among_them(name: str) -> None:
    app = stage(screens.load()[name])
    async with app.run_test(size=(300, 5)) as pilot:
        every = await words_at_width(pilot, 300)
        for width in (80, 40, 9):
            await pilot.resize_terminal(width, 5)
            shown = await words_at_width(pilot, width)
            assert "Help" in shown
            rest = iter(every)
            assert all(word in rest for word in shown), f"{shown} are not of {every}"
            assert "palette" not in shown or shown == every
        assert shown in (["?", "Help"], ["f1", "Help"])


@pytest.mark.parametrize(
    ("width", "shown"), [(0, []), (4, []), (5, [2]), (9, [2]), (10, [0, 2]), (15, [0, 1, 2]), (20, [0, 1, 2, 3])]
)
def test_the_most_important_keys_stay_longest(width: int, shown: list[int]) -> None:
    assert fitting([5, 5, 5, 5], [1, 1, 2, 0], width) == shown


async def test_every_screen_at_80_columns_shows_help_and_what_it_is_for(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "skin", rounds=2)
    async with sit(folder, (80, 24)) as person:
        await person.looks()
        for key, kind, main in (
            ("g", GridScreen, "Mark"),
            ("c", CompareScreen, "Confirm"),
            ("r", ReviewScreen, "list"),
            ("p", ProgressScreen, "Section"),
        ):
            await _shows(person, "Confirm")
            await person.presses(key)
            await person.waits_until(partial(person.is_at, kind))
            await _shows(person, main)
            if kind is ProgressScreen:
                await person.pilot.press("g")
                await person.waits_until(lambda: person.is_at(GalleryScreen))
                await _shows(person, "Enlarge")
                await person.pilot.press("escape")
            await person.pilot.press("escape")
        person.app.action_sessions()
        await person.waits_until(lambda: person.is_at(SessionsScreen))
        await _shows(person, "Open")
        await person.pilot.press("n")
        await person.waits_until(lambda: person.is_at(NewSessionScreen))
        await _shows(person, "Check")


async def test_the_training_at_80_columns_shows_help_and_how_to_pause(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "skin", trained=False)
    with WriterLock(folder.worker_lock, "training"):
        async with sit(folder, (80, 24)) as person:
            await person.waits_until(lambda: person.is_at(TrainingScreen))
            await _shows(person, "Pause")


async def _shows(person: Person, main: str) -> None:
    await person.waits_until(lambda: main in bar_of(person.app) and " Help" in bar_of(person.app))
