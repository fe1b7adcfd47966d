"""The labeling screen: one key per verdict, on disk before the screen moves on."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event

import pytest
from PIL import Image
from textual import events

from alc_tui.data.images import FileImages
from alc_tui.session.folder import SessionFolder
from alc_tui.tui.screens import label
from alc_tui.tui.screens.help import HelpScreen
from alc_tui.tui.screens.label import LabelScreen
from tests.app.person import Sit
from tests.made_sessions import CLASSES, make_session

REAL_GUARD = label.GUARD_SECONDS


async def test_a_digit_labels_the_sample_and_moves_on(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        first, second = person.service.queue[:2]
        await person.presses("3")
        assert person.decisions() == [(first, "label", CLASSES[2])]
        await person.sees_text(second)
        assert "image 2 of 5" in person.sees


async def test_the_verdict_is_on_disk_with_who_and_how_long(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        item = person.service.next_item()
        await person.presses("1")
    with_reader = person.service._journal.decisions[0]
    assert item is not None
    assert (with_reader.annotator, with_reader.suggested, with_reader.round) == ("anna", item.suggestion, 1)
    assert 0.02 <= with_reader.seconds < 5


@pytest.mark.parametrize(("key", "kind"), [("s", "skip"), ("f", "flag"), ("x", "exclude")])
async def test_a_sample_is_set_aside(session: SessionFolder, sit: Sit, key: str, kind: str) -> None:
    async with sit(session) as person:
        first = person.service.queue[0]
        await person.presses(key)
        assert person.decisions() == [(first, kind, None)]
        await person.sees_text("set aside 1")


async def test_enter_keeps_the_given_label(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        item = person.service.next_item()
        assert item is not None
        await person.presses("enter")
        assert person.decisions() == [(item.sample, "label", item.given)]
        await person.sees_text("confirmed 1")


async def test_a_takes_the_suggestion(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        item = person.service.next_item()
        assert item is not None
        await person.presses("a")
        assert person.decisions() == [(item.sample, "label", item.suggestion)]


async def test_undo_goes_back_as_deep_as_one_likes(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        first, second, third = person.service.queue[:3]
        await person.presses("1", "2", "s", "u")
        await person.sees_text(third)
        await person.presses("u", "u")
        await person.sees_text(first)
        assert [kind for _, kind, _ in person.decisions()] == ["label", "label", "skip", "undo", "undo", "undo"]
        await person.presses("u")
        await person.sees_text("no verdict of this round to take back")
        await person.presses("3")
        await person.sees_text(second)
        assert person.service.verdicts()[first].label == CLASSES[2]
        assert len(person.service.verdicts()) == 1


def test_the_guard_is_150_milliseconds() -> None:
    assert REAL_GUARD == 0.15


async def test_a_key_pressed_too_early_decides_nothing(
    session: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(session) as person:
        await person.presses("1")
        await person.looks()
        monkeypatch.setattr(label, "GUARD_SECONDS", 60)
        await person.pilot.press("1", "2", "enter", "a", "s", "f", "x", "u")
        assert len(person.decisions()) == 1
        await person.sees_text("does not count")


async def test_nothing_is_decided_before_the_image_is_painted(
    session: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_read = Event()
    read = FileImages.read
    monkeypatch.setattr(FileImages, "read", lambda self, index: may_read.wait(5) and read(self, index))
    async with sit(session) as person:
        await person.sees_text("loading")
        await person.pilot.pause(0.2)
        await person.pilot.press("1", "enter", "s")
        assert person.decisions() == []
        may_read.set()
        await person.presses("1")
        assert len(person.decisions()) == 1


async def test_keys_count_in_the_order_in_which_they_were_pressed(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        item = person.service.next_item()
        assert item is not None
        await person.looks()
        for key, character in (("enter", "\r"), ("1", "1"), ("2", "2")):
            person.app._driver.send_message(events.Key(key, character))  # type: ignore[union-attr]
        await person.pilot.pause(0.1)
        assert person.decisions() == [(item.sample, "label", item.given)]


async def test_pasted_text_decides_nothing(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.looks()
        person.app._driver.send_message(events.Paste("123\n123"))  # type: ignore[union-attr]
        await person.pilot.pause(0.1)
        assert person.decisions() == []


async def test_keys_of_no_class_decide_nothing(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.presses("4", "9", "A", "g", "r", "d")
        assert person.decisions() == []


async def test_an_unreadable_image_says_why_and_can_only_be_set_aside(session: SessionFolder, sit: Sit) -> None:
    images = session.path.parent / "skin-images"
    async with sit(session) as reader:
        first = reader.service.queue[0]
    (images / first).write_bytes(b"no image")
    async with sit(session) as person:
        await person.sees_text("This image cannot be shown")
        assert "not an image" in person.sees
        await person.presses("1", "enter", "a")
        assert person.decisions() == []
        await person.sees_text("gets no label")
        await person.presses("x")
        assert person.decisions() == [(first, "exclude", None)]


async def test_a_full_disk_keeps_the_sample_and_says_so(
    session: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(session) as person:
        first, second = person.service.queue[:2]

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        await person.looks()
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            await person.pilot.press("1")
        await person.sees_text("No space left on device")
        assert first in person.sees
        assert person.decisions() == []
        await person.presses("1")
        await person.sees_text(second)
        assert person.decisions() == [(first, "label", CLASSES[0])]


async def test_help_tells_every_key_and_closes_again(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (100, 40)) as person:
        await person.looks()
        await person.pilot.press("question_mark")
        assert person.is_at(HelpScreen)
        await person.sees_text("keep the given label")
        for text in ("skip", "flag", "exclude", "undo", "quit", *CLASSES):
            assert text in person.sees
        await person.pilot.press("1", "x")
        await person.pilot.press("escape")
        assert person.is_at(LabelScreen)
        assert person.decisions() == []


async def test_the_image_must_be_seen_again_after_help(
    session: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(session) as person:
        await person.looks()
        await person.pilot.press("question_mark")
        with monkeypatch.context() as patched:
            patched.setattr(label, "GUARD_SECONDS", 60)
            await person.pilot.press("escape", "1")
        assert person.decisions() == []
        await person.presses("1")
        assert len(person.decisions()) == 1


async def test_80_by_24_shows_all_that_is_needed(tmp_path: Path, sit: Sit) -> None:
    classes = [f"a rather long class name {number}" for number in range(9)]
    folder = make_session(tmp_path / "many", classes=classes, samples=120)
    async with sit(folder) as person:
        item = person.service.next_item()
        assert item is not None
        await person.looks()
        seen = person.sees
        for text in ("many", "round 1 of 2", "image 1 of 5", "labels 0 of 10", "changed 0", "confirmed 0", item.sample):
            assert text in seen
        assert "given" in seen
        assert "model" in seen
        assert f"{item.score:.3f}" in seen
        for number in range(9):
            assert any(f"{number + 1} a rat" in line and f"{number} " in line for line in seen.splitlines())
        for key in ("Keep", "Model's", "Skip", "Flag", "Exclude", "Undo", "Help", "Quit"):
            assert key in seen
        assert "▄" in seen


async def test_more_classes_than_rows_scroll_and_leave_the_evidence_in_view(tmp_path: Path, sit: Sit) -> None:
    classes = [f"class {number:02d}" for number in range(30)]
    folder = make_session(tmp_path / "many", classes=classes, samples=200)
    async with sit(folder) as person:
        item = person.service.next_item()
        assert item is not None
        await person.looks()
        assert item.sample in person.sees
        assert "class 29" not in person.sees
        await person.pilot.press("pagedown", "pagedown")
        await person.sees_text("class 29")
        await person.pilot.press("question_mark")
        await person.pilot.press("end")
        await person.sees_text("more classes than keys")


async def test_names_with_markup_and_control_characters_are_shown_as_they_are(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "odd", classes=("[red]mole[/]", "a\x1b[2Jb", "[/nothing"))
    async with sit(folder, (120, 30)) as person:
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


async def test_the_image_follows_the_size_of_the_terminal(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "large", image_size=(400, 300))
    async with sit(folder, (60, 16)) as person:
        await person.looks()
        small = person.sees.count("▄")
        await person.pilot.resize_terminal(120, 40)
        await person.waits_until(lambda: person.sees.count("▄") == 48 * 18)
        assert 0 < small < 48 * 18


async def test_a_torn_journal_is_told(session: SessionFolder, sit: Sit) -> None:
    session.journal.write_bytes(b'{"seq": 0, "rou')
    async with sit(session, (120, 30)) as person:
        await person.sees_text(person.service.notices[0][:12])


async def test_the_next_images_are_drawn_ahead(
    session: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(session) as person:
        ahead = [item.position for item in person.service.upcoming(3)]
        await person.looks()
        preview = person.app.screen.query_one("Preview")
        await person.waits_until(lambda: {key[0] for key in preview._pictures} >= set(ahead))  # type: ignore[attr-defined]
        monkeypatch.setattr(Image, "open", None)
        await person.presses("1", "1", "1")
        assert "cannot be shown" not in person.sees
