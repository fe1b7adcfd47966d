"""The list of sessions: what it shows, how it keeps up, and what each key does."""

from __future__ import annotations

import asyncio
import csv
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.screen import Screen

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store import processes
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import LABEL, Journal, Verdict
from alc_tui.session.store.lock import WriterLock
from alc_tui.tui.dialogs.ask import AskScreen
from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.messages import NewSession, OpenSession
from alc_tui.tui.sessions import rows as store_rows
from alc_tui.tui.sessions import screen as sessions
from alc_tui.tui.sessions.screen import SessionsScreen
from alc_tui.tui.sessions.table import SessionsTable
from tests.app.desk import Guest, at
from tests.made_sessions import finish_round, make_session


@pytest.fixture(autouse=True)
def hurried_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "REFRESH_SECONDS", 0.2)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own; files that are written without a folder lie beside it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "store"


def decide(folder: SessionFolder, annotator: str, count: int) -> None:
    with SessionService(folder, annotator, write=True) as service:
        for _ in range(count):
            item = service.next_item()
            assert item is not None
            service.decide(item.sample, Verdict(LABEL, service.classes[0]))


def order(guest: Guest, *names: str) -> list[str]:
    """The names in the order in which the table shows them."""
    lines = guest.sees.splitlines()
    place = {name: next(n for n, line in enumerate(lines) if line.lstrip(" └").startswith(name)) for name in names}
    return sorted(names, key=place.__getitem__)


def make_replay(session: SessionFolder, name: str) -> SessionFolder:
    return SessionFolder(
        Path(shutil.copytree(make_session(session.path.parents[1] / name).path, session.replay(name).path))
    )


async def goes_to(guest: Guest, name: str) -> None:
    def is_there() -> bool:
        row = guest.app.screen.query_one(SessionsTable).row
        return row is not None and row.folder.name == name

    await guest.sees_text(name)
    for _ in range(20):
        if is_there():
            return
        await guest.pilot.press("down")
    raise AssertionError(guest.sees)


async def test_an_empty_store_says_what_to_do(store: Path) -> None:
    async with at(SessionsScreen(store)) as guest:
        await guest.sees_text("n makes one")
        await guest.waits_until(lambda: "Open" not in guest.sees and "New" in guest.sees)
        await guest.pilot.press("enter", "t", "r", "e", "d")
        assert guest.is_at(SessionsScreen) and guest.app.heard == []
        await guest.pilot.press("n")
        await guest.hears(NewSession)


async def test_a_session_made_elsewhere_appears_in_an_empty_list(store: Path) -> None:
    async with at(SessionsScreen(store)) as guest:
        await guest.sees_text("n makes one")
        make_session(store / "skin")
        await guest.sees_text("labeling")
        assert "n makes one" not in guest.sees


async def test_each_session_has_its_facts_in_a_row_the_latest_first(store: Path) -> None:
    make_session(store / "first", budget=5, rounds=2)
    decide(SessionFolder(store / "first"), "anna", 3)
    make_session(store / "second", trained=False, with_truth=False)
    async with at(SessionsScreen(store)) as guest:
        await guest.sees_text("first")
        assert order(guest, "first", "second") == ["second", "first"]
        best = SessionService(SessionFolder(store / "first")).rounds[0].macro_f1.best
        assert guest.line("first").split()[2:] == ["0.50", "labeling", "0/2", "3/10", f"{best:.3f}"]
        assert guest.line("second  ").split()[2:] == ["–", "new", "0/2", "0/10", "–"]


async def test_a_wide_terminal_shows_what_is_left_and_when_it_was_made(store: Path) -> None:
    decide(make_session(store / "first", budget=5, rounds=2), "anna", 3)
    async with at(SessionsScreen(store), (140, 40)) as guest:
        await guest.waits_until(lambda: "made" in guest.sees and "3/10" in guest.line("first"))
        labels, left = guest.line("first").split()[5:7]
        assert (labels, left) == ("3/10", "7")
        await guest.pilot.resize_terminal(80, 24)
        await guest.waits_until(lambda: "left" not in guest.sees.splitlines()[2])
        assert "3/10" in guest.line("first")


async def test_below_the_list_more_is_told_of_one_session(store: Path) -> None:
    folder = make_session(store / "skin")
    decide(folder, "anna", 1)
    decide(folder, "bert", 1)
    with WriterLock(folder.label_lock, "labeling"):
        async with at(SessionsScreen(store), (110, 30)) as guest:
            await guest.sees_text("decided by anna, bert")
            await guest.sees_text("labeling now: ")
            assert "8 left of 10" in guest.sees and "3 classes" in guest.sees and "on cpu" in guest.sees
            assert f"process {sys.modules['os'].getpid()}" in guest.sees


async def test_replays_stand_below_their_session_and_are_only_watched(store: Path) -> None:
    folder = make_session(store / "skin")
    replay = make_replay(folder, "gt-margin")
    make_session(store / "other")
    async with at(SessionsScreen(store)) as guest:
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
    async with at(SessionsScreen(store)) as guest:
        await goes_to(guest, "first")
        await guest.pilot.press("enter")
        opened = await guest.hears(OpenSession)
        assert (opened.folder, opened.write) == (folder, True)


@pytest.mark.parametrize("content", ["{", '{"session": {"1": {"schema": 1}}}', '{"session": {"1": {"schema": 99}}}'])
async def test_a_damaged_session_is_named_with_its_error_and_the_others_are_shown(store: Path, content: str) -> None:
    damaged = make_session(store / "worse")
    make_session(store / "skin")
    damaged.document.write_text(content)
    async with at(SessionsScreen(store), (200, 30)) as guest:
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
    async with at(SessionsScreen(store)) as guest:
        await guest.sees_text("damaged")
        await guest.sees_text("cannot be read as a decision")
        assert "\x1b" not in guest.sees


async def test_the_list_keeps_up_and_the_cursor_stays_with_its_session(store: Path) -> None:
    folder = make_session(store / "first")
    make_session(store / "second")
    async with at(SessionsScreen(store)) as guest:
        await goes_to(guest, "first")
        decide(folder, "anna", 2)
        await guest.waits_until(lambda: "2/10" in guest.line("first  "))
        make_session(store / "third")
        await guest.sees_text("third")
        assert order(guest, "first", "second", "third") == ["third", "second", "first"]
        await guest.pilot.press("enter")
        assert (await guest.hears(OpenSession)).folder == folder


async def test_what_has_not_changed_is_not_read_again(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    still, moving = make_session(store / "still"), make_session(store / "moving")
    read: list[str] = []
    overview = store_rows.overview
    monkeypatch.setattr(store_rows, "overview", lambda folder: read.append(folder.name) or overview(folder))
    rows = store_rows.StoreRows(store)
    first = rows.read()
    decide(moving, "anna", 1)
    second = rows.read()
    assert read == ["moving", "still", "moving"]
    assert second[1] is first[1] and second[1].folder == still
    with WriterLock(moving.worker_lock, "training"):
        assert [row.state for row in rows.read()] == ["training", "labeling"]
    assert [row.state for row in rows.read()] == ["labeling", "labeling"]


async def test_t_starts_the_training_and_stays_here(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_session(store / "skin", trained=False)
    held: list[WriterLock] = []

    def start(at_work: SessionFolder) -> None:
        held.append(WriterLock(at_work.worker_lock, "training"))
        held[0].acquire()

    monkeypatch.setattr(processes, "spawn", start)
    async with at(SessionsScreen(store)) as guest:
        await guest.sees_text("new")
        await guest.pilot.press("t")
        await guest.sees_text("Session skin is in training")
        await guest.waits_until(lambda: "training" in guest.line("skin  "))
        await guest.pilot.press("t")
        await guest.sees_text("is being trained already")
        finish_round(folder)
        held[0].release()
        await guest.waits_until(lambda: "labeling" in guest.line("skin  "))
        assert guest.is_at(SessionsScreen) and len(held) == 1


async def test_t_says_when_there_is_nothing_to_train_or_it_does_not_start(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_session(store / "waiting")
    make_session(store / "broken", trained=False)

    def refuse(_folder: SessionFolder) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(processes, "spawn", refuse)
    async with at(SessionsScreen(store)) as guest:
        await goes_to(guest, "waiting")
        await guest.pilot.press("t")
        await guest.sees_text("✗ Session waiting waits for decisions")
        await guest.pilot.press("up")
        await guest.pilot.press("t")
        await guest.sees_text("✗ [Errno 28] No space left on device")


Replayed = Callable[[str], list[SessionFolder]]


@pytest.fixture
def replayed(monkeypatch: pytest.MonkeyPatch) -> Replayed:
    """`replayed(code)`: a replay is a process that runs this Python code; the sessions replayed are listed."""

    def pretend(code: str) -> list[SessionFolder]:
        started: list[SessionFolder] = []

        def start(session: SessionFolder) -> subprocess.Popen[bytes]:
            started.append(session)
            with session.replay_log.open("ab") as log:
                return subprocess.Popen([sys.executable, "-c", code], stdout=log, stderr=log)

        monkeypatch.setattr(processes, "spawn_replay", start)
        return started

    return pretend


async def test_r_asks_and_then_replays_with_the_oracle(store: Path, replayed: Replayed) -> None:
    started = replayed("pass")
    folder = make_session(store / "skin")
    async with at(SessionsScreen(store)) as guest:
        await guest.sees_text("skin")
        await guest.pilot.press("r")
        await guest.waits_until(lambda: guest.is_at(ConfirmScreen))
        await guest.pilot.press("n")
        assert started == []
        await guest.pilot.press("r")
        await guest.reads_the_question()
        await guest.pilot.press("y")
        await guest.sees_text("The replay of skin is done")
        assert started == [folder]


async def test_a_replay_that_fails_says_why(store: Path, replayed: Replayed) -> None:
    replayed("import sys; sys.exit('Error: The disk is full.')")
    make_session(store / "skin")
    async with at(SessionsScreen(store)) as guest:
        await guest.sees_text("skin")
        await guest.pilot.press("r")
        await guest.reads_the_question()
        await guest.pilot.press("y")
        await guest.sees_text("✗ The replay of skin ended: Error: The disk is full.")


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ({"with_truth": False}, "The truth of session 'skin' is not known"),
        ({"trained": False}, "has not learned yet"),
    ],
)
async def test_r_is_refused_where_no_oracle_can_answer(
    store: Path, replayed: Replayed, made: dict[str, bool], sentence: str
) -> None:
    started = replayed("pass")
    make_session(store / "skin", **made)
    async with at(SessionsScreen(store)) as guest:
        await guest.sees_text("skin")
        await guest.pilot.press("r")
        await guest.sees_text(sentence)
        assert guest.is_at(SessionsScreen) and started == []


async def test_r_on_a_running_replay_is_refused_and_on_a_stopped_one_goes_on(store: Path, replayed: Replayed) -> None:
    started = replayed("pass")
    folder = make_session(store / "skin")
    replay = make_replay(folder, "gt-margin")
    async with at(SessionsScreen(store)) as guest:
        await goes_to(guest, "gt-margin")
        with WriterLock(replay.worker_lock, "a replay"):
            await guest.pilot.press("r")
            await guest.sees_text("The replay gt-margin of session skin is running already")
        await guest.pilot.press("r")
        await guest.reads_the_question()
        await guest.pilot.press("y")
        await guest.sees_text("The replay of skin is done")
        assert started == [folder]
        await guest.pilot.press("t")
        await guest.sees_text("A replay trains by itself")


def test_a_replay_is_the_command_detached_and_logged(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real one, of a session that cannot be replayed, so that it ends at once."""
    folder = make_session(store / "skin", trained=False)
    process = processes.spawn_replay(SessionFolder(Path("store") / "skin"))
    assert process.wait(60) == 2
    assert "has not been trained yet" in folder.replay_log.read_text()


async def test_e_asks_where_to_and_writes_the_labels(store: Path) -> None:
    folder = make_session(store / "skin")
    decide(folder, "anna", 2)
    async with at(SessionsScreen(store)) as guest:
        await guest.sees_text("skin")
        await guest.pilot.press("e")
        await guest.waits_until(lambda: guest.is_at(AskScreen))
        await guest.sees_text("skin-labels.csv")
        await guest.pilot.press("enter")
        await guest.sees_text("Wrote skin-labels.csv: ")
    with Path("skin-labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 36 and sum(row["who"] == "anna" for row in rows) == 2


async def test_e_goes_back_or_says_why_not(store: Path) -> None:
    make_session(store / "skin")
    Path("taken.csv").write_text("mine")
    async with at(SessionsScreen(store)) as guest:
        await guest.sees_text("skin")
        await guest.pilot.press("e")
        await guest.waits_until(lambda: guest.is_at(AskScreen))
        await guest.pilot.press("escape")
        await guest.waits_until(lambda: guest.is_at(SessionsScreen))
        await guest.pilot.press("e")
        await guest.waits_until(lambda: guest.is_at(AskScreen))
        await guest.pilot.press("ctrl+u")
        await guest.types("taken.csv")
        await guest.pilot.press("enter")
        await guest.sees_text("✗ taken.csv is there already")
    assert Path("taken.csv").read_text() == "mine" and not Path("skin-labels.csv").exists()


async def test_d_tells_what_would_be_lost_and_deletes_only_after_yes(store: Path) -> None:
    folder = make_session(store / "skin")
    make_replay(folder, "gt-margin")
    decide(folder, "anna", 3)
    async with at(SessionsScreen(store)) as guest:
        await goes_to(guest, "skin")
        await guest.pilot.press("d")
        await guest.sees_text("Delete session skin, with its 3 decisions and 1 replay?")
        await guest.pilot.press("n")
        assert folder.document.is_file()
        await guest.waits_until(lambda: guest.is_at(SessionsScreen))
        await guest.pilot.press("d")
        await guest.reads_the_question()
        await guest.pilot.press("y")
        await guest.sees_text("skin is deleted")
        await guest.sees_text("n makes one")
    assert not folder.path.exists()


async def test_a_session_in_use_is_not_deleted(store: Path) -> None:
    folder = make_session(store / "skin")
    with WriterLock(folder.label_lock, "labeling"):
        async with at(SessionsScreen(store)) as guest:
            await guest.sees_text("skin")
            await guest.pilot.press("d")
            await guest.sees_text("is in use for labeling")
            assert guest.is_at(SessionsScreen)
    assert folder.document.is_file()


async def test_under_another_screen_the_list_rests(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_session(store / "skin")
    async with at(SessionsScreen(store)) as guest:
        await guest.sees_text("skin")
        await guest.app.push_screen(Screen())
        read: list[Path] = []
        monkeypatch.setattr(store_rows, "sessions", lambda store: read.append(store) or [])
        await asyncio.sleep(0.2)
        assert read == []
        guest.app.pop_screen()
        await guest.waits_until(lambda: bool(read))


async def test_while_nothing_changes_nothing_is_drawn_again(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_session(store / "skin")
    async with at(SessionsScreen(store)) as guest:
        await guest.sees_text("decided by nobody yet")
        await guest.pilot.pause(0.3)
        drawn: list[object] = []
        display = guest.app._display
        monkeypatch.setattr(guest.app, "_display", lambda *what: drawn.append(what) or display(*what))
        await asyncio.sleep(0.7)
        assert drawn == []
        decide(folder, "anna", 1)
        await guest.sees_text("decided by anna")
        await guest.waits_until(lambda: bool(drawn))
