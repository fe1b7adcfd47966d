"""What the labeling screen shows, whatever the classes are called and however many there are; and how one leaves it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from alc_tui.session.labeling.journal_state import LabelingProgress
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.ledger import Ledger
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.labeling.texts import pace
from tests.app.person import Sit
from tests.made_sessions import CLASSES, make_session


async def test_80_by_24_shows_all_that_is_needed(tmp_path: Path, sit: Sit) -> None:
    classes = [f"a rather long class name {number}" for number in range(9)]
    folder = make_session(tmp_path / "many", classes=classes, samples=120, with_truth=False)
    async with sit(folder) as person:
        item = person.service.next_item()
        assert item is not None
        await person.looks()
        seen = person.sees
        for text in ("many", "round 1 of 2", "image 1 of 5", "budget 0 of 10", item.sample):
            assert text in seen
        assert "given" in seen
        assert "model" in seen
        assert "Shown because" in seen
        for number in range(9):
            assert any(f"{number + 1} a rat" in line and f"{number} " in line for line in seen.splitlines())
        for key in ("Confirm", "Accept", "Skip", "Flag", "Exclude", "Undo", "Help", "Quit"):
            assert key in seen
        assert "▄" in seen


async def test_more_classes_than_rows_scroll_and_leave_the_evidence_in_view(tmp_path: Path, sit: Sit) -> None:
    classes = [f"class {number:02d}" for number in range(30)]
    folder = make_session(tmp_path / "many", classes=classes, samples=200, with_truth=False)
    async with sit(folder) as person:
        item = person.service.next_item()
        assert item is not None
        await person.looks()
        assert item.sample in person.sees
        assert "class 29" not in person.sees
        await person.pilot.press("pagedown", "pagedown")
        await person.sees_text("class 29")


async def test_names_with_markup_and_control_characters_are_shown_as_they_are(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "odd", classes=("[red]mole[/]", "a\x1b[2Jb", "[/nothing"))
    async with sit(folder, (120, 60)) as person:
        await person.looks()
        for text in ("[red]mole[/]", r"a\x1b[2Jb", "[/nothing"):
            assert text in person.sees
        await person.presses("1", "2", "3")
        assert [label for _, _, label in person.decisions()] == ["[red]mole[/]", "a\x1b[2Jb", "[/nothing"]
        await person.pilot.press("question_mark")
        await person.sees_text("[/nothing")


async def test_q_leaves_everything_on_disk_and_the_session_free(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.presses("1")
        await person.pilot.press("q")
        await person.waits_until(lambda: not person.app.is_running)
        assert person.app.return_value == 0
    async with sit(session) as later:
        await later.sees_text("image 2 of 5")
        assert len(later.decisions()) == 1


async def test_ctrl_c_leaves_too(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.looks()
        await person.pilot.press("ctrl+c")
        await person.waits_until(lambda: not person.app.is_running)
        assert person.app.return_value == 0


async def test_a_torn_journal_is_reported(session: SessionFolder, sit: Sit) -> None:
    session.journal.write_bytes(b'{"seq": 0, "rou')
    async with sit(session, (120, 30)) as person:
        await person.sees_text(person.service.notices[0][:12])


async def test_the_next_images_are_drawn_ahead(
    session: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(session) as person:
        ahead = [person.service.item(place).position for place in (1, 2, 3)]
        await person.looks()
        painter = person.screen(LabelScreen)._painter
        await person.waits_until(lambda: {request.position for request in painter._pictures} >= set(ahead))
        monkeypatch.setattr(Image, "open", None)
        await person.presses("1", "1", "1")
        assert "cannot be shown" not in person.sees


async def test_the_heading_shows_the_budget_the_rate_and_the_pace(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (100, 30)) as person:
        item = person.service.next_item()
        assert item is not None
        await person.looks()
        assert "budget 0 of 10" in person.sees
        other = next(name for name in CLASSES if name != item.given)
        await person.presses(str(CLASSES.index(other) + 1))
        await person.presses("enter")
        await person.sees_text("budget 2 of 10   changed 50%")
        assert "s each" not in person.sees and "left in this round" not in person.sees


async def test_from_the_fifth_verdict_on_the_heading_says_how_long_the_round_takes(tmp_path: Path, sit: Sit) -> None:
    async with sit(make_session(tmp_path / "skin", budget=9), (100, 30)) as person:
        await person.presses(*"1111")
        assert "s each" not in person.sees
        await person.presses("1")
        await person.waits_until(
            lambda: bool(re.search(r"\d\.\d s each   less than a minute left in this round", person.sees))
        )


@pytest.mark.parametrize(
    ("left", "seconds", "words"),
    [
        (0, 2.0, ""),
        (9, None, ""),
        (9, 3.0, "3.0 s each   less than a minute left in this round"),
        (30, 4.0, "4.0 s each   about 2 min left in this round"),
        (1200, 4.0, "4.0 s each   about 1 h 20 min left in this round"),
    ],
)
def test_the_time_left_is_told_in_minutes(left: int, seconds: float | None, words: str) -> None:
    progress = LabelingProgress(1, 2, 40, 40 + left, 40, 400, Ledger(), seconds)
    assert pace(progress) == words


async def test_where_images_are_coarse_the_first_one_says_once_where_to_see_it_better(tmp_path: Path, sit: Sit) -> None:
    async with sit(make_session(tmp_path / "skin", image_size=(640, 480))) as person:
        await person.sees_text("This picture is coarse: v opens it in a browser, P draws it in another manner.")
        await person.presses("1")
        await person.sees_text("Last: ")
        await person.looks()
        assert "coarse" not in person.sees


async def test_where_all_pixels_fit_nothing_is_said_about_a_coarse_picture(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.looks()
        assert "coarse" not in person.sees


async def test_a_repeat_is_shown_like_any_other_and_costs_no_budget(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "skin", samples=120, budget=9, repeat=0.12)
    async with sit(folder) as person:
        await person.sees_text("image 1 of 10")
        await person.presses(*"1" * 10)
        await person.sees_text("are decided")
        assert "budget 9 of 18" in person.sees
        given = person.decisions()
        assert len(given) == 10
        twice = [sample for sample, _, _ in given if [one[0] for one in given].count(sample) == 2]
        first, second = (place for place, one in enumerate(given) if one[0] == twice[0])
        assert second - first >= 3
