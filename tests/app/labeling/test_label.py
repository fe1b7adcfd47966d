"""The labeling screen: one key per verdict, on disk before the screen moves on."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from alc_tui.data.images import FileImages
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.tui.dialogs.ask import AskScreen
from alc_tui.tui.dialogs.help import HelpScreen
from alc_tui.tui.dialogs.pick_class import PickClassScreen
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.widgets.preview import Preview
from alc_tui.tui.widgets.status_line import StatusLine
from tests.app.person import QUICK, Sit
from tests.made_sessions import CLASSES, make_session


async def test_a_digit_labels_the_sample_and_moves_on(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        first, second = person.service.queue[:2]
        await person.presses("3")
        assert person.decisions() == [(first, "label", CLASSES[2])]
        await person.sees_text(second)
        assert "image 2 of 5" in person.sees


async def test_the_verdict_is_on_disk_with_who_and_how_long(session: SessionFolder, sit: Sit) -> None:
    began = time.monotonic()
    async with sit(session) as person:
        item = person.service.next_item()
        await person.presses("1")
    with_reader = person.service._journal.decisions[0]
    assert item is not None
    assert (with_reader.annotator, with_reader.suggested, with_reader.round) == ("anna", item.suggestion, 1)
    assert 0.02 <= with_reader.seconds < time.monotonic() - began


@pytest.mark.parametrize(("key", "kind"), [("s", "skip"), ("f", "flag"), ("x", "exclude")])
async def test_a_sample_is_set_aside(session: SessionFolder, sit: Sit, key: str, kind: str) -> None:
    async with sit(session) as person:
        first = person.service.queue[0]
        await person.presses(key)
        assert person.decisions() == [(first, kind, None)]
        await person.sees_text("aside 1")


async def test_enter_keeps_the_given_label(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        item = person.service.next_item()
        assert item is not None
        await person.presses("enter")
        assert person.decisions() == [(item.sample, "label", item.given)]
        await person.sees_text("changed 0%")


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
        await person.sees_text("Nothing to undo: no verdict of this round is left.")
        await person.presses("3")
        await person.sees_text(second)
        assert person.service.verdicts()[first].label == CLASSES[2]
        assert len(person.service.verdicts()) == 1


async def test_a_key_pressed_too_early_decides_nothing(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.presses("1")
        await person.looks()
        person.guard = 60
        await person.pilot.press("1", "2", "enter", "a", "s", "f", "x", "F")
        assert len(person.decisions()) == 1
        await person.sees_text("was ignored")


async def test_undo_counts_at_once_and_names_what_it_takes_back(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        first, second = (person.service.item(place) for place in range(2))
        other = next(name for name in CLASSES if name != first.given)
        await person.presses(str(CLASSES.index(other) + 1), "f")
        await person.looks()
        person.guard = 60
        await person.pilot.press("u")
        await person.sees_text(f"Undone: {second.sample} flagged.")
        await person.pilot.press("u")
        await person.sees_text(f"Undone: {first.given} → {other} ({first.sample}).")
        assert person.service.verdicts() == {}


async def test_a_refused_key_rings_and_is_said_across_the_whole_line(
    session: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(session) as person:
        rings: list[None] = []
        monkeypatch.setattr(person.app, "bell", lambda: rings.append(None))
        await person.presses("9")
        await person.sees_text("✗ 9 is neither the key of a class nor of a command here.")
        line = person.screen(LabelScreen).query_one(StatusLine)
        assert len(rings) == 1 and line.has_class("-refused") and line.styles.background.a == 1
        await person.presses("1")
        assert len(rings) == 1 and not line.has_class("-refused")


async def test_a_flag_with_a_note_is_asked_for_by_its_own_key(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        first, second, third = person.service.queue[:3]
        await person.presses("f", "F")
        await person.waits_until(lambda: person.is_at(AskScreen))
        await person.pilot.press(*"hair", "enter")
        await person.sees_text(f"Last: {second} flagged, with a note.")
        assert [(one.sample, one.kind, one.note) for one in person.service.decisions] == [
            (first, "flag", ""),
            (second, "flag", "hair"),
        ]
        await person.presses("F")
        await person.waits_until(lambda: person.is_at(AskScreen))
        await person.pilot.press("escape")
        await person.looks()
        assert len(person.decisions()) == 2
        await person.presses("F")
        await person.waits_until(lambda: person.is_at(AskScreen))
        await person.pilot.press("enter")
        await person.waits_until(lambda: len(person.decisions()) == 3)
        assert (person.service.decisions[2].sample, person.service.decisions[2].note) == (third, "")


async def test_h_j_k_and_l_are_arrows(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.presses("plus", "l")
        right = person.screen(LabelScreen).query_one(Preview).view
        await person.presses("h")
        left = person.screen(LabelScreen).query_one(Preview).view
        await person.presses("right")
        assert person.screen(LabelScreen).query_one(Preview).view == right != left
        assert person.decisions() == []


async def test_h_j_k_and_l_are_no_arrows_where_they_are_keys_of_classes(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "many", classes=[f"class {number}" for number in range(14)])
    async with sit(folder) as person:
        await person.presses("h")
        assert [label for _, _, label in person.decisions()] == ["class 11"]
        await person.presses("k")
        assert [label for _, _, label in person.decisions()][1:] == ["class 13"]


async def test_a_round_is_finished_early_after_a_question_and_undo_reopens_it(
    session: SessionFolder, sit: Sit, spawned: list[SessionFolder]
) -> None:
    async with sit(session) as person:
        await person.presses("s", "s", "ctrl+e")
        await person.sees_text("Finish round 1 now, with 2 of 5 samples decided?")
        assert "fewer" in person.sees
        await person.reads_the_question()
        await person.pilot.press("y")
        await person.sees_text("Round 1 of 2 is finished early.")
        assert spawned == []
        await person.presses("u")
        await person.sees_text("Undone: round 1 is not finished, it goes on.")
        assert "image 3 of 5" in person.sees
        await person.presses("ctrl+e")
        await person.reads_the_question()
        await person.pilot.press("y")
        await person.sees_text("is finished early")
        await person.presses("enter")
        await person.waits_until(lambda: spawned == [session])


async def test_the_question_before_a_round_is_finished_counts_silent_repeats_like_other_images(
    tmp_path: Path, sit: Sit
) -> None:
    async with sit(make_session(tmp_path / "repeated", budget=6, repeat=0.5)) as person:
        await person.presses("1", "1", "ctrl+e")
        await person.sees_text("Finish round 1 now, with 2 of 9 samples decided?")
        await person.reads_the_question()
        await person.pilot.press("n")
        while person.service.next_item() is not None:
            await person.presses("1")
        await person.presses("ctrl+e")
        await person.sees_text("The round is almost over: decide the images that are left.")
        assert person.is_at(LabelScreen)


async def test_a_round_without_decisions_is_not_finished(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.presses("ctrl+e")
        await person.sees_text("Decide at least one sample before you finish the round.")
        assert person.decisions() == []


async def test_nothing_is_decided_before_the_image_is_painted(
    session: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_read = Event()
    read = FileImages.read_in_window
    monkeypatch.setattr(FileImages, "read_in_window", lambda *args: may_read.wait(60) and read(*args))
    async with sit(session) as person:
        await person.sees_text("loading")
        await person.pilot.pause(0.2)
        await person.pilot.press("1", "enter", "s")
        assert person.decisions() == []
        may_read.set()
        await person.presses("1")
        assert len(person.decisions()) == 1


async def test_keys_of_no_class_decide_nothing(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.presses("4", "9", "A", "d", "z", "tab")
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
        await person.sees_text("cannot be labeled")
        await person.presses("x")
        assert person.decisions() == [(first, "exclude", None)]


async def test_on_a_full_disk_the_sample_stays_with_an_error(
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
        await person.waits_until(lambda: "No space left on device" in " ".join(person.sees.split()))
        assert first in person.sees
        assert person.decisions() == []
        await person.presses("1")
        await person.sees_text(second)
        assert person.decisions() == [(first, "label", CLASSES[0])]


async def test_the_image_must_be_seen_again_after_help(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        await person.looks()
        await person.pilot.press("question_mark")
        person.guard = 60
        await person.pilot.press("escape", "1")
        assert person.decisions() == []
        person.guard = QUICK.guard
        await person.presses("1")
        assert len(person.decisions()) == 1


async def test_a_key_pressed_while_help_covers_the_image_is_ignored_but_the_next_one_counts(
    session: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_read = Event()
    read = FileImages.read_in_window
    monkeypatch.setattr(FileImages, "read_in_window", lambda *args: may_read.wait(60) and read(*args))
    async with sit(session) as person:
        await person.sees_text("loading")
        await person.pilot.press("question_mark")
        await person.waits_until(lambda: person.is_at(HelpScreen))
        may_read.set()
        await person.pilot.pause(0.2)
        await person.pilot.press("1", "escape")
        await person.waits_until(lambda: person.is_at(LabelScreen))
        await person.presses("1")
        assert len(person.decisions()) == 1


async def test_a_receipt_for_one_sample_does_not_count_for_the_next(
    session: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit(session) as person:
        screen = person.screen(LabelScreen)
        asked: list[Callable[[float], None]] = []
        monkeypatch.setattr(screen._delivery, "ask", asked.append)
        await person.pilot.pause()
        screen.jump(person.service.queue[1])
        await person.waits_until(lambda: len(asked) >= 1)
        screen.jump(person.service.queue[2])
        asked[0](time.monotonic() - 1)
        await person.pilot.press("1")
        await person.pilot.pause(0.1)
        assert person.decisions() == []
        asked[-1](time.monotonic() - 1)
        await person.pilot.press("1")
        await person.waits_until(lambda: len(person.decisions()) == 1)
        assert person.decisions()[0][0] == person.service.queue[2]


async def test_the_seconds_of_a_verdict_go_on_while_a_class_is_looked_for(session: SessionFolder, sit: Sit) -> None:
    began = time.monotonic()
    async with sit(session) as person:
        await person.presses("slash")
        await person.waits_until(lambda: person.is_at(PickClassScreen))
        await asyncio.sleep(0.4)
        await person.pilot.press("enter")
        await person.waits_until(lambda: len(person.decisions()) == 1)
        assert 0.4 <= person.service.decisions[0].seconds < time.monotonic() - began


async def test_a_sample_that_another_screen_has_decided_is_passed_over(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        first, second = person.service.queue[:2]
        await person.presses("question_mark")
        await person.waits_until(lambda: person.is_at(HelpScreen))
        person.service.decide(first, Verdict("label", CLASSES[0]), occasion="grid")
        await person.pilot.press("escape")
        await person.sees_text(second)
        assert first not in person.sees


async def test_a_verdict_undone_on_another_screen_is_shown_again(session: SessionFolder, sit: Sit) -> None:
    async with sit(session) as person:
        first = person.service.queue[0]
        await person.presses("1")
        await person.looks()
        await person.pilot.press("question_mark")
        await person.waits_until(lambda: person.is_at(HelpScreen))
        person.service.undo(among={first})
        await person.pilot.press("escape")
        await person.presses("1")
        await person.sees_text(first)
