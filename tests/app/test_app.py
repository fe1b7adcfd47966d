"""Getting about in the app: the command palette, screens over the sample, themes, terminals without colors."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import Input

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.tui.app import AlcApp
from alc_tui.tui.dialogs.help import HelpScreen
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.labeling.blind_mode import BlindMode
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.messages import OpenSession
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.progress.screen import ProgressScreen
from alc_tui.tui.review.screen import ReviewScreen
from alc_tui.tui.run import run
from alc_tui.tui.sessions.screen import SessionsScreen
from alc_tui.tui.widgets.preview import Preview
from tests.app.person import Person, Sit
from tests.made_sessions import CLASSES, finish_round, make_session


async def asks_for(person: Person, command: str) -> None:
    """Choose a command of the palette by its name."""
    await person.pilot.press("ctrl+p")
    await person.waits_until(lambda: person.is_at(CommandPalette))
    person.app.screen.query_one(Input).value = command
    await person.waits_until(lambda: command in [line.strip() for line in person.sees.splitlines()])
    await person.pilot.press("enter")


async def test_the_palette_leads_to_every_screen(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (100, 30)) as person:
        await person.looks()
        for command, screen in (
            ("Help", HelpScreen),
            ("Grid", GridScreen),
            ("Review", ReviewScreen),
            ("Progress", ProgressScreen),
            ("Sessions", SessionsScreen),
        ):
            await asks_for(person, command)
            await person.waits_until(lambda screen=screen: person.is_at(screen))  # type: ignore[misc]
            if screen is HelpScreen:
                await person.pilot.press("escape")
        assert person.decisions() == []


async def test_the_palette_leads_back_to_the_sample(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (100, 40)) as person:
        await person.presses("1", "p")
        await person.waits_until(lambda: person.is_at(ProgressScreen))
        await asks_for(person, "Label")
        await person.sees_text("image 2 of 5")
        await person.presses("2")
        assert [name for _, _, name in person.decisions()] == [CLASSES[0], CLASSES[1]]


async def test_each_screen_over_the_sample_closes_with_escape_and_the_sample_is_still_there(
    session: SessionFolder, sit: Sit
) -> None:
    async with sit(session) as person:
        await person.presses("1")
        for key, screen in (("g", GridScreen), ("r", ReviewScreen), ("p", ProgressScreen)):
            await person.presses(key)
            await person.waits_until(lambda screen=screen: person.is_at(screen))  # type: ignore[misc]
            await person.pilot.press("escape")
            await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("2")
        assert [name for _, _, name in person.decisions()] == [CLASSES[0], CLASSES[1]]


async def test_a_review_left_before_its_image_was_painted_does_no_harm(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.presses("1")
        blind_mode = BlindMode(person.service, always=False)
        review = ReviewScreen(person.service, person.screen(LabelScreen)._painter, person.app._delivery, blind_mode)
        await person.app.push_screen(review)
        preview = review.query_one(Preview)
        await person.waits_until(lambda: preview.picture is not None)
        shown = preview._shown
        assert shown is not None
        await person.pilot.press("escape")
        await person.looks()
        preview._report(shown)
        await person.presses("2")
        assert len(person.decisions()) == 2


async def test_typing_in_the_palette_decides_nothing(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.looks()
        await person.pilot.press("ctrl+p", "1", "a", "s", "escape")
        await person.presses("2")
        assert [name for _, _, name in person.decisions()] == [CLASSES[1]]


async def test_choosing_a_theme_in_the_palette_redraws_everything(session: SessionFolder, sit: Sit) -> None:
    def grounds(person: Person) -> set[str]:
        lines = person.app.screen._compositor.render_strips()
        colors = [
            segment.style.bgcolor for line in lines for segment in line if segment.style and segment.text.isspace()
        ]
        return {color.triplet.hex for color in colors if color and color.triplet}

    async with sit(session, (100, 40)) as person:
        await person.looks()
        assert "#121212" in grounds(person)
        await asks_for(person, "Theme: light")
        await person.waits_until(lambda: "#f4f4f4" in grounds(person))
        assert "#121212" not in grounds(person)
        await person.presses("1")
        assert len(person.decisions()) == 1


@pytest.mark.parametrize(
    ("variables", "said"),
    [({"NO_COLOR": "1"}, "No colors"), ({"COLORTERM": "", "TERM": "xterm"}, "16 colors")],
)
async def test_too_few_colors_cause_a_warning(
    session: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    async with sit(session, (160, 30)) as person:
        await person.looks()
        await person.sees_text(said)
        assert "do not judge colors" in person.sees
        await person.presses("1")
        await person.looks()
        assert "do not judge colors" in person.sees


async def test_enough_colors_cause_no_warning(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.looks()
        assert "colors" not in person.sees


async def test_the_app_without_a_session_lists_them_all(session: SessionFolder) -> None:
    async with AlcApp(session.path.parent).run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.2)
        assert isinstance(pilot.app.screen, SessionsScreen)


async def test_a_session_whose_classes_clash_with_the_keys_is_neither_opened_nor_locked(
    session: SessionFolder,
) -> None:
    wrong = Preferences(class_keys={"MEL": "2"})
    async with AlcApp(session.path.parent, preferences=wrong).run_test(size=(100, 30), notifications=True) as pilot:
        await pilot.pause(0.2)
        pilot.app.post_message(OpenSession(session))
        await pilot.pause(0.3)
        assert isinstance(pilot.app.screen, SessionsScreen)
        assert any("belongs to both 'MEL' and 'NV'" in one.message for one in pilot.app._notifications)
        SessionService(session, write=True).close()


def test_damaged_keys_are_refused_before_the_list_of_sessions_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AlcApp, "run", lambda _self: pytest.fail("it was shown"))
    with pytest.raises(Exception, match=r"unknown command 'label\.skp'"):
        run(tmp_path, None, Preferences(keys={"label.skp": "z"}))


# a second pass


async def test_a_second_pass_ends_with_the_disagreements(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, annotator="bob") as person:
        await person.presses(*"11111")
    async with sit(session, (100, 40), Preferences(second_pass=True)) as person:
        await person.sees_text("second pass of round 1")
        await person.presses(*"11122")
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        await person.pilot.pause(0.3)
        assert person.screen(ReviewScreen)._kind == "annotators disagree"
        assert len(person.decisions()) == 10


async def test_a_second_pass_that_is_over_already_shows_that_too(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, annotator="bob") as person:
        await person.presses(*"11")
    for _ in range(2):
        async with sit(session, (100, 40), Preferences(second_pass=True)) as person:
            if not person.is_at(ReviewScreen):
                await person.presses(*"12"[: 2 - len(person.service.separate_verdicts("second"))])
            await person.waits_until(lambda person=person: person.is_at(ReviewScreen))  # type: ignore[misc]
            await person.pilot.pause(0.3)
            assert person.is_at(ReviewScreen)


async def test_a_second_pass_hides_the_verdicts_of_others(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, annotator="bob") as person:
        await person.presses("1", "1")
    async with sit(session, preferences=Preferences(second_pass=True)) as person:
        await person.presses("g")
        await person.presses("r")
        await person.pilot.pause(0.2)
        assert person.is_at(LabelScreen)
        assert any("you do not see other annotators' decisions" in one.message for one in person.app._notifications)


async def test_undo_in_a_second_pass_affects_its_own_verdicts_only(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, annotator="bob") as person:
        await person.presses("1", "1")
    async with sit(session, preferences=Preferences(second_pass=True)) as person:
        await person.presses("2", "u", "u")
        await person.sees_text("Nothing to undo: you have decided nothing here yet.")
        assert len(person.service.verdicts()) == 2
        assert person.service.separate_verdicts("second") == []


async def test_the_second_pass_of_a_retrained_round_records_the_suggestion_that_was_shown(
    tmp_path: Path, sit: Sit
) -> None:
    folder = make_session(tmp_path / "skin", samples=120, budget=12)
    async with sit(folder, annotator="bob") as person:
        for sample in person.service.queue:
            person.service.decide(sample, Verdict("label", CLASSES[0]))
    finish_round(folder)
    async with sit(folder, preferences=Preferences(second_pass=True)) as person:
        shown = [person.service.evidence(1).ranked(place, None).suggestion for place in range(12)]
        await person.presses(*"1" * 11)
        assert [one.suggested for one in person.service.separate_verdicts("second")] == shown[:11]
