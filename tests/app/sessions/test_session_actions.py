"""What is done to a session in the list: training, replay, export, deletion."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alc_tui.session.export.names import CSV, FOLDERS, FORMATS
from alc_tui.session.export.table import label_table
from alc_tui.session.export.writing import default_target, write_labels
from alc_tui.session.labeling.reader import SessionReader
from alc_tui.session.store import processes
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.lock import WriterLock
from alc_tui.tui.dialogs.ask import AskScreen
from alc_tui.tui.dialogs.choose import ChooseScreen
from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.sessions.screen import SessionsScreen
from tests.app.desk import Guest, at
from tests.app.sessions.listing import decide, goes_to, make_replay
from tests.made_sessions import finish_round, make_session


async def test_t_starts_the_training_and_stays_here(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_session(store / "skin", trained=False)
    held: list[WriterLock] = []

    def start(at_work: SessionFolder) -> None:
        held.append(WriterLock(at_work.worker_lock, "training"))
        held[0].acquire()

    monkeypatch.setattr(processes, "spawn", start)
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("new")
        await guest.pilot.press("t")
        await guest.sees_text("Session skin is training")
        await guest.waits_until(lambda: "training" in guest.line("skin  "))
        await guest.pilot.press("t")
        await guest.sees_text("is already training")
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
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await goes_to(guest, "waiting")
        await guest.pilot.press("t")
        await guest.sees_text("✗ Session waiting is waiting for labels")
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
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("skin")
        await guest.pilot.press("r")
        await guest.waits_until(lambda: guest.is_at(ConfirmScreen))
        await guest.pilot.press("n")
        assert started == []
        await guest.pilot.press("r")
        await guest.reads_the_question()
        await guest.pilot.press("y")
        await guest.sees_text("The replay of skin has finished")
        assert started == [folder]


async def test_a_replay_that_fails_says_why(store: Path, replayed: Replayed) -> None:
    replayed("import sys; sys.exit('Error: The disk is full.')")
    make_session(store / "skin")
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("skin")
        await guest.pilot.press("r")
        await guest.reads_the_question()
        await guest.pilot.press("y")
        await guest.sees_text("✗ The replay of skin failed: Error: The disk is full.")


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ({"with_truth": False}, "The oracle gt needs true labels, which are not known for session 'skin'"),
        ({"trained": False}, "has not been trained"),
    ],
)
async def test_r_is_refused_where_no_oracle_can_answer(
    store: Path, replayed: Replayed, made: dict[str, Any], sentence: str
) -> None:
    started = replayed("pass")
    make_session(store / "skin", **made)
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("skin")
        await guest.pilot.press("r")
        await guest.sees_text(sentence)
        assert guest.is_at(SessionsScreen) and started == []


async def test_r_is_refused_for_a_running_replay_and_resumes_a_stopped_one(store: Path, replayed: Replayed) -> None:
    started = replayed("pass")
    folder = make_session(store / "skin")
    replay = make_replay(folder, "gt-margin")
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await goes_to(guest, "gt-margin")
        with WriterLock(replay.worker_lock, "a replay"):
            await guest.pilot.press("r")
            await guest.sees_text("The replay gt-margin of session skin is already running")
        await guest.pilot.press("r")
        await guest.reads_the_question()
        await guest.pilot.press("y")
        await guest.sees_text("The replay of skin has finished")
        assert started == [folder]
        await guest.pilot.press("t")
        await guest.sees_text("Replays train automatically")


def test_a_replay_is_the_command_detached_and_logged(store: Path) -> None:
    """The real one, of a session that cannot be replayed, so that it ends at once."""
    folder = make_session(store / "skin", trained=False)
    process = processes.spawn_replay(SessionFolder(Path("store") / "skin"))
    assert process.wait(60) == 2
    assert "has not been trained yet" in folder.replay_log.read_text()


async def exports(guest: Guest, format_: str = CSV) -> None:
    """Press e and choose a format; the question for the path is on the screen."""
    await guest.pilot.press("e")
    await guest.waits_until(lambda: guest.is_at(ChooseScreen))
    for name, description in FORMATS.items():
        assert name in guest.sees
        assert description[:20] in guest.sees
    await guest.pilot.press(*["down"] * list(FORMATS).index(format_), "enter")
    await guest.waits_until(lambda: guest.is_at(AskScreen))


async def test_e_asks_for_a_format_and_where_to_and_writes_the_labels(store: Path) -> None:
    folder = make_session(store / "skin")
    decide(folder, "anna", 2)
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("skin")
        await exports(guest)
        await guest.sees_text("to which file?")
        await guest.sees_text("skin-labels.csv")
        await guest.pilot.press("enter")
        await guest.sees_text("Wrote skin-labels.csv: ")
    with Path("skin-labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 36 and sum(row["who"] == "anna" for row in rows) == 2


@pytest.mark.parametrize("format_", FORMATS)
async def test_e_writes_what_the_command_writes_in_every_format(store: Path, format_: str) -> None:
    folder = make_session(store / "skin")
    decide(folder, "anna", 2)
    write_labels(label_table(SessionReader(folder)), format_, Path("expected"))
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("skin")
        await exports(guest, format_)
        name = default_target(format_, "skin").name
        await guest.sees_text(name)
        await guest.pilot.press("enter")
        await guest.sees_text(f"Wrote {name}: ")
    assert contents(Path(name)) == contents(Path("expected"))


def contents(path: Path) -> dict[str, bytes]:
    """A file's bytes, or those of all files in a folder but their provenance, by their paths."""
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return {
        "" if one == path else str(one.relative_to(path)): one.read_bytes()
        for one in files
        if one.name != "provenance.json"
    }


async def test_e_replaces_an_earlier_folder_only_after_yes_and_no_other(store: Path) -> None:
    make_session(store / "skin")
    Path("taken").mkdir()
    Path("taken/mine").write_text("mine")
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("skin")
        for answer, result in ((None, "Wrote"), ("n", "Nothing was exported"), ("y", "Wrote")):
            await exports(guest, FOLDERS)
            await guest.pilot.press("enter")
            if answer is not None:
                await guest.sees_text("Replace the earlier export skin-labels?")
                await guest.reads_the_question()
                await guest.pilot.press(answer)
            await guest.waits_until(lambda: guest.is_at(SessionsScreen))
            await guest.sees_text(result)
        await exports(guest, FOLDERS)
        await guest.pilot.press("ctrl+u")
        await guest.types("taken")
        await guest.pilot.press("enter")
        await guest.sees_text("✗ taken is not an empty folder")
    assert [path.name for path in Path("taken").iterdir()] == ["mine"]


async def test_e_replaces_an_earlier_export_only_after_yes(store: Path) -> None:
    folder = make_session(store / "skin")
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("skin")
        for answer, said in ((None, "Wrote"), ("n", "Nothing was exported"), ("y", "Wrote")):
            decide(folder, "anna", 1)
            await exports(guest)
            await guest.pilot.press("enter")
            if answer is not None:
                await guest.sees_text("Replace the earlier export skin-labels.csv?")
                await guest.reads_the_question()
                await guest.pilot.press(answer)
            await guest.waits_until(lambda: guest.is_at(SessionsScreen))
            await guest.sees_text(said)
    assert Path("skin-labels.csv").read_text().count("anna") == 3


async def test_e_goes_back_or_says_why_not(store: Path) -> None:
    make_session(store / "skin")
    Path("taken.csv").write_text("mine")
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await guest.sees_text("skin")
        await guest.pilot.press("e")
        await guest.waits_until(lambda: guest.is_at(ChooseScreen))
        await guest.pilot.press("escape")
        await guest.waits_until(lambda: guest.is_at(SessionsScreen))
        await exports(guest)
        await guest.pilot.press("escape")
        await guest.waits_until(lambda: guest.is_at(SessionsScreen))
        await exports(guest)
        await guest.pilot.press("ctrl+u")
        await guest.types("taken.csv")
        await guest.pilot.press("enter")
        await guest.sees_text("✗ taken.csv exists")
    assert Path("taken.csv").read_text() == "mine" and not Path("skin-labels.csv").exists()


async def test_d_says_what_would_be_lost_and_deletes_only_after_yes(store: Path) -> None:
    folder = make_session(store / "skin")
    make_replay(folder, "gt-margin")
    decide(folder, "anna", 3)
    async with at(SessionsScreen(store, refresh=0.2)) as guest:
        await goes_to(guest, "skin")
        await guest.pilot.press("d")
        await guest.sees_text("Delete session skin with 3 decisions and 1 replay?")
        await guest.pilot.press("n")
        assert folder.document.is_file()
        await guest.waits_until(lambda: guest.is_at(SessionsScreen))
        await guest.pilot.press("d")
        await guest.reads_the_question()
        await guest.pilot.press("y")
        await guest.sees_text("Deleted skin")
        await guest.sees_text("Press n to create one")
    assert not folder.path.exists()


async def test_a_session_in_use_is_not_deleted(store: Path) -> None:
    folder = make_session(store / "skin")
    with WriterLock(folder.label_lock, "labeling"):
        async with at(SessionsScreen(store, refresh=0.2)) as guest:
            await guest.sees_text("skin")
            await guest.pilot.press("d")
            await guest.sees_text("is in use for labeling")
            assert guest.is_at(SessionsScreen)
    assert folder.document.is_file()
