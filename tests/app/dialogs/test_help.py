"""Help: the keys of the screen it was opened from, the classes, and the guideline that lies with the data."""

from __future__ import annotations

from pathlib import Path

from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.dialogs.help import HelpScreen
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.progress.screen import ProgressScreen
from tests.app.person import Person, Sit
from tests.made_sessions import CLASSES, make_session

TALL = (100, 80)


async def asks_for_help(person: Person) -> str:
    await person.looks()
    await person.pilot.press("question_mark")
    await person.waits_until(lambda: person.is_at(HelpScreen))
    await person.sees_text("Escape closes")
    return person.sees


async def test_help_lists_every_key_and_class_and_closes_again(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, TALL) as person:
        told = await asks_for_help(person)
        for text in ("Confirm the given label", "Skip", "Flag", "Exclude", "Undo", "Zoom in", "Darker", *CLASSES):
            assert text in told
        await person.pilot.press("1", "x", "s")
        await person.pilot.press("escape")
        assert person.is_at(LabelScreen)
        assert person.decisions() == []


async def test_escape_enter_q_and_the_key_that_opened_it_close_it_and_do_no_more(
    session: SessionFolder, sit: Sit
) -> None:
    async with sit(session) as person:
        for key in ("escape", "question_mark", "q", "enter"):
            await asks_for_help(person)
            await person.pilot.press(key)
            await person.waits_until(lambda: person.is_at(LabelScreen))
        assert person.app.is_running
        assert person.decisions() == []


async def test_it_follows_the_screen_it_was_opened_from(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, TALL) as person:
        told = await asks_for_help(person)
        assert "Start the retraining" not in told
        assert "Previous page" not in told
        await person.pilot.press("escape")
        await person.presses("g")
        await person.waits_until(lambda: person.is_at(GridScreen))
        await person.pilot.press("question_mark")
        await person.sees_text("Previous page")
        assert "Darker" not in person.sees


async def test_the_scores_have_help_too(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, TALL) as person:
        await person.presses("p")
        await person.waits_until(lambda: person.is_at(ProgressScreen))
        await person.pilot.press("question_mark")
        await person.sees_text("The labeling cost of each round.")
        for text in (
            "Go back to the previous screen.",
            "Move or scroll left.",
            "Move or scroll up.",
            "Show these keys.",
            *CLASSES,
        ):
            assert text in person.sees
        assert "Continue with the next round." not in person.sees
        await person.pilot.press("escape")
        assert person.is_at(ProgressScreen)


async def test_at_the_end_of_a_round_help_says_that_enter_starts_the_retraining(
    session: SessionFolder, sit: Sit
) -> None:
    async with sit(session, TALL) as person:
        await person.presses(*"11111")
        await person.sees_text("are decided")
        told = await asks_for_help(person)
        assert "Start the retraining." in told
        assert "Confirm the given label" not in told


async def test_at_80_by_24_it_scrolls(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        assert "cannot sway you" not in await asks_for_help(person)
        seen = ""
        for _ in range(8):
            await person.pilot.press("pagedown")
            await person.pilot.pause(0.1)
            seen += person.sees
        assert "so that they cannot sway you" in seen


async def test_the_keys_of_classes_come_first(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        told = (await asks_for_help(person)).replace("\N{NO-BREAK SPACE}", " ")
        assert "1 MEL   2 NV   3 BCC" in told
        assert told.index("3 BCC") < told.index("Confirm the given label")


async def test_names_of_classes_are_not_torn_apart_in_help(tmp_path: Path, sit: Sit) -> None:
    names = [f"lesion of a rather long name {number}" for number in range(9)]
    async with sit(make_session(tmp_path / "many", names, samples=120)) as person:
        told = (await asks_for_help(person)).replace("\N{NO-BREAK SPACE}", " ")
        assert all(f"{number + 1} {name}" in told for number, name in enumerate(names))


# the guideline


async def test_the_guideline_of_the_data_is_shown_below_the_classes(session: SessionFolder, sit: Sit) -> None:
    guideline = session.path.parent / "skin-images" / "GUIDELINE.md"
    guideline.write_text("# How to tell them\n\n- **MEL** is asymmetric\n- NV is not\n")
    async with sit(session, TALL) as person:
        await asks_for_help(person)
        await person.sees_text("How to tell them")
        assert "MEL is asymmetric" in person.sees
        assert "**" not in person.sees


async def test_the_guideline_of_the_toml_is_shown_instead(session: SessionFolder, sit: Sit, tmp_path: Path) -> None:
    (session.path.parent / "skin-images" / "GUIDELINE.md").write_text("theirs")
    (tmp_path / "ours.md").write_text("what we agreed on")
    async with sit(session, TALL, Preferences(guideline=tmp_path / "ours.md")) as person:
        await asks_for_help(person)
        await person.sees_text("what we agreed on")
        assert "theirs" not in person.sees


ODD = (
    "[red]mole[/] and [/nothing",
    "a table\n\n| a | b |\n|---|\n| 1 | 2 | 3 |\n",
    "```python\nunfinished = 'fence",
    "<script>alert(1)</script> ![image](missing.png) [link](file:///etc/passwd)",
    "\x1b[2J\x1b]0;title\x07 steering",
    "1. one\n\t* two\n\n\n> three\n***\n####### seven",
)


async def test_markdown_of_any_content_is_shown_and_closes(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, TALL) as person:
        for number, text in enumerate(ODD):
            last_words = f"the last words of {number}"
            (session.path.parent / "skin-images" / "guideline.md").write_text(f"{text}\n\n{last_words}\n")
            await asks_for_help(person)
            await person.sees_text(last_words)
            assert "\x1b" not in person.sees
            await person.pilot.press("escape")
        await person.presses("1")
        assert len(person.decisions()) == 1


async def test_names_of_classes_are_shown_as_they_are(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "odd", classes=("[red]mole[/]", "a\x1b[2Jb", "[/nothing"))
    async with sit(folder, TALL) as person:
        told = await asks_for_help(person)
        for name in ("[red]mole[/]", r"a\x1b[2Jb", "[/nothing"):
            assert name in told


# the words


async def test_the_words_of_the_screens_are_explained(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (100, 140)) as person:
        told = await asks_for_help(person)
        for word in ("VOG", "LNL", "guess %", "margin", "given label", "clean set, noisy set", "macro-F1"):
            assert word in told


async def test_letters_that_stand_for_arrows_are_listed_with_them(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, TALL) as person:
        told = await asks_for_help(person)
        words = next(line for line in told.splitlines() if "Pan left" in line).split()
        assert words[words.index("←") + 1] == "h"


async def test_the_training_screen_shows_the_guideline_alone(session: SessionFolder, sit: Sit) -> None:
    guideline = session.path.parent / "skin-images" / "GUIDELINE.md"
    guideline.write_text("# How to tell them\n")
    async with sit(session, TALL) as person:
        await person.looks()
        person.app.action_guideline()
        await person.sees_text("How to tell them")
        assert all(name in person.sees for name in CLASSES) and "Zoom in" not in person.sees
        await person.pilot.press("c")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        guideline.unlink()
        person.app.action_guideline()
        await person.sees_text("There is no guideline.")
