"""The list of sessions: rows, details, and how it keeps up with the store."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal
from alc_tui.session.store.lock import WriterLock
from alc_tui.session.store.state import Overview, overview
from alc_tui.tui.messages import NewSession, OpenSession
from alc_tui.tui.sessions import rows as store_rows
from alc_tui.tui.sessions.screen import SessionsScreen
from tests.app.desk import at
from tests.app.sessions.listing import decide, goes_to, make_replay, order
from tests.made_sessions import make_session


async def test_an_empty_store_says_what_to_do(store: Path) -> None:
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("Press n to create one")
        await guest.waits_until(lambda: "Open" not in guest.sees and "New" in guest.sees)
        await guest.pilot.press("enter", "t", "r", "e", "d")
        assert guest.is_at(SessionsScreen) and guest.app.heard == []
        await guest.pilot.press("n")
        await guest.hears(NewSession)


async def test_a_session_made_elsewhere_appears_in_an_empty_list(store: Path) -> None:
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("Press n to create one")
        make_session(store / "skin")
        await guest.sees_text("labeling")
        assert "Press n to create one" not in guest.sees


async def test_each_session_has_its_facts_in_a_row_the_latest_first(store: Path) -> None:
    make_session(store / "first", budget=5, rounds=2)
    decide(SessionFolder(store / "first"), "anna", 3)
    make_session(store / "second", trained=False, with_truth=False)
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("first")
        assert order(guest, "first", "second") == ["second", "first"]
        best = SessionService(SessionFolder(store / "first")).rounds[0].macro_f1.best
        assert guest.line("first").split()[2:] == ["0.50", "labeling", "0/2", "3/10", f"{best:.3f}"]
        assert guest.line("second  ").split()[2:] == ["–", "new", "0/2", "0/10", "–"]


async def test_a_wide_terminal_shows_what_is_left_and_when_it_was_made(store: Path) -> None:
    decide(make_session(store / "first", budget=5, rounds=2), "anna", 3)
    async with at(SessionsScreen(store, refresh=0.2), (140, 40)) as guest:
        await guest.waits_until(lambda: "created" in guest.sees and "3/10" in guest.line("first"))
        labels, left = guest.line("first").split()[5:7]
        assert (labels, left) == ("3/10", "7")
        await guest.pilot.resize_terminal(80, 24)
        await guest.waits_until(lambda: "left" not in guest.sees.splitlines()[2])
        assert "3/10" in guest.line("first")


async def test_names_are_whole_where_there_is_room_and_share_it_where_there_is_not(store: Path) -> None:
    data, long = "dermoscopy-of-2019-second-read", "second-reading-with-the-new-guideline"
    images = [store / data / f"{number}.png" for number in range(20)]
    make_session(store / "first", images=images)
    async with at(SessionsScreen(store, refresh=0.2), (120, 30)) as guest:
        await guest.sees_text(f"folder:{data} ")
        make_session(store / long, images=images)
        await guest.sees_text("second-read…")
        assert "folder:derm…" in guest.sees and "first " in guest.sees
        await guest.pilot.resize_terminal(200, 60)
        await guest.sees_text(f"folder:{data} ")
        assert long in guest.line(long)
        await guest.pilot.resize_terminal(80, 24)
        await guest.waits_until(lambda: "created" not in guest.sees.splitlines()[2])
        assert guest.line("first").split()[-4:-1] == ["labeling", "0/2", "0/10"]
        assert guest.sees.startswith(" Sessions ")


async def test_details_of_one_session_are_below_the_list(store: Path) -> None:
    folder = make_session(store / "skin")
    decide(folder, "anna", 1)
    decide(folder, "bert", 1)
    with WriterLock(folder.label_lock, "labeling"):
        async with at(SessionsScreen(store, refresh=0.2), (110, 30)) as guest:
            await guest.sees_text("decided by anna, bert")
            await guest.sees_text("labeling now: ")
            text = " ".join(guest.sees.split())
            assert "8 left of 10" in text and "3 classes" in text and "on cpu" in text
            assert f"process {os.getpid()}" in text


async def test_replays_stand_below_their_session_and_are_only_watched(store: Path) -> None:
    folder = make_session(store / "skin")
    replay = make_replay(folder, "gt-margin")
    make_session(store / "other")
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("gt-margin")
        assert order(guest, "other", "skin", "gt-margin") == ["other", "skin", "gt-margin"]
        assert "└ gt-margin" in guest.sees and "stopped" in guest.line("gt-margin")
        with WriterLock(replay.worker_lock, "a replay"):
            await guest.waits_until(lambda: "running" in guest.line("gt-margin"))
        await goes_to(guest, "gt-margin")
        await guest.sees_text("a replay of skin")
        await guest.pilot.press("enter")
        opened = await guest.hears(OpenSession)
        assert (opened.folder, opened.write) == (replay, False)


async def test_enter_opens_the_session_the_cursor_is_at(store: Path) -> None:
    folder = make_session(store / "first")
    make_session(store / "second")
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await goes_to(guest, "first")
        await guest.pilot.press("enter")
        opened = await guest.hears(OpenSession)
        assert (opened.folder, opened.write) == (folder, True)


@pytest.mark.parametrize("content", ["{", '{"session": {"1": {"schema": 1}}}', '{"session": {"1": {"schema": 99}}}'])
async def test_a_damaged_session_is_named_with_its_error_and_the_others_are_shown(store: Path, content: str) -> None:
    damaged = make_session(store / "worse")
    make_session(store / "skin")
    damaged.document.write_text(content)
    async with at(SessionsScreen(store, refresh=0.2), (200, 30)) as guest:
        await guest.waits_until(lambda: "skin" in guest.sees and "damaged" in guest.sees)
        assert "labeling" in guest.line("skin")
        await goes_to(guest, "worse")
        await guest.sees_text("session.json")
        await guest.pilot.press("enter", "t", "r", "e")
        await guest.sees_text("✗")
        assert guest.app.heard == []


async def test_names_from_data_cannot_steer_the_terminal(store: Path) -> None:
    folder = make_session(store / "skin")
    with Journal(folder.journal)._path.open("w") as file:
        file.write("no journal \x1b[2J\n")
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("damaged")
        await guest.sees_text("is not a valid decision")
        assert "\x1b" not in guest.sees


async def test_the_list_keeps_up_and_the_cursor_stays_with_its_session(store: Path) -> None:
    folder = make_session(store / "first")
    make_session(store / "second")
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await goes_to(guest, "first")
        decide(folder, "anna", 2)
        await guest.waits_until(lambda: "2/10" in guest.line("first  "))
        make_session(store / "third")
        await guest.sees_text("third")
        assert order(guest, "first", "second", "third") == ["third", "second", "first"]
        await guest.pilot.press("enter")
        assert (await guest.hears(OpenSession)).folder == folder


async def test_unchanged_sessions_are_not_read_again(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    still, moving = make_session(store / "still"), make_session(store / "moving")
    read: list[str] = []

    def noticed(folder: SessionFolder) -> Overview:
        read.append(folder.name)
        return overview(folder)

    monkeypatch.setattr(store_rows, "overview", noticed)
    rows = store_rows.StoreRows(store)
    first = rows.read()
    decide(moving, "anna", 1)
    second = rows.read()
    assert read == ["moving", "still", "moving"]
    assert second[1] is first[1] and second[1].folder == still
    with WriterLock(moving.worker_lock, "training"):
        assert [row.state for row in rows.read()] == ["training", "labeling"]
    assert [row.state for row in rows.read()] == ["labeling", "labeling"]


async def test_under_another_screen_the_list_rests(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_session(store / "skin")
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("skin")
        await guest.app.push_screen(Screen())
        read: list[Path] = []

        def noticed(store: Path) -> list[SessionFolder]:
            read.append(store)
            return []

        monkeypatch.setattr(store_rows, "sessions", noticed)
        await asyncio.sleep(0.2)
        assert read == []
        guest.app.pop_screen()
        await guest.waits_until(lambda: bool(read))


async def test_while_nothing_changes_nothing_is_drawn_again(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_session(store / "skin")
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("no decisions yet")
        await guest.pilot.pause(0.3)
        drawn: list[object] = []
        display = guest.app._display

        def noticed(*what: Any) -> None:
            drawn.append(what)
            display(*what)

        monkeypatch.setattr(guest.app, "_display", noticed)
        await asyncio.sleep(0.7)
        assert drawn == []
        decide(folder, "anna", 1)
        await guest.sees_text("decided by anna")
        await guest.waits_until(lambda: bool(drawn))
