from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alc_tui.errors import SessionUnavailable, UsageError
from alc_tui.session.store.folder import SessionFolder, check_name, find, free_name, sessions, store_path
from alc_tui.session.store.journal import Decision, Journal, Verdict
from tests.made_sessions import make_session, update_facts


def made(store: Path, name: str, age: int) -> SessionFolder:
    """A session that was created some days ago."""
    folder = make_session(store / name, samples=15, trained=False)
    update_facts(folder, created=days_ago(age))
    return folder


def days_ago(age: int) -> str:
    return (datetime(2026, 3, 1, tzinfo=UTC) - timedelta(days=age)).isoformat(timespec="seconds")


def label(folder: SessionFolder, age: int) -> None:
    """Decide something, some days ago."""
    decision = Decision.now(Verdict("skip"), "a.png", 1, "anna", None, "queue")
    Journal(folder.journal).append(replace(decision, at=days_ago(age)))


def test_sessions_are_listed_in_the_order_in_which_they_were_created(tmp_path: Path) -> None:
    made(tmp_path, "b", age=2)
    label(made(tmp_path, "c", age=3), age=0)
    made(tmp_path, "a", age=1)
    assert [folder.name for folder in sessions(tmp_path)] == ["c", "b", "a"]


def test_the_latest_session_is_the_one_that_was_created_or_labeled_last(tmp_path: Path) -> None:
    made(tmp_path, "b", age=5)
    c = made(tmp_path, "c", age=9)
    assert find(tmp_path, None).name == "b"
    label(c, age=7)
    assert find(tmp_path, None).name == "b"
    label(c, age=4)
    assert find(tmp_path, None).name == "c"
    made(tmp_path, "a", age=3)
    assert find(tmp_path, None).name == "a"


def test_the_latest_session_stays_the_latest_when_the_store_is_copied(tmp_path: Path) -> None:
    for name, age in (("b", 1), ("a", 2), ("c", 3)):
        made(tmp_path / "store", name, age)
    shutil.copytree(tmp_path / "store", tmp_path / "copy", copy_function=shutil.copyfile)
    for file in (tmp_path / "copy").rglob("*"):
        os.utime(file, (0, 0) if file.is_relative_to(tmp_path / "copy" / "b") else None)
    assert find(tmp_path / "copy", None).name == "b"


def test_times_are_compared_whatever_their_time_zone(tmp_path: Path) -> None:
    update_facts(made(tmp_path, "a", 0), created="2026-03-01T12:00:00+02:00")
    update_facts(made(tmp_path, "b", 0), created="2026-03-01T11:00:00+00:00")
    update_facts(made(tmp_path, "c", 0), created="2026-03-01T10:30:00.500+00:00")
    assert [folder.name for folder in sessions(tmp_path)] == ["a", "c", "b"]


@pytest.mark.parametrize("document", ["", "[]", '{"session": {}}', '{"session": {"1": {"created": 7}}}', "[" * 100_000])
def test_a_damaged_session_is_listed_first_and_is_not_the_latest(tmp_path: Path, document: str) -> None:
    made(tmp_path, "a", age=1)
    made(tmp_path, "b", age=0).document.write_text(document)
    assert [folder.name for folder in sessions(tmp_path)] == ["b", "a"]
    assert find(tmp_path, None).name == "a"


@pytest.mark.parametrize("name", ["base (copy)", "ä", "a b", "x" * 150])
def test_a_session_that_was_renamed_by_hand_is_found_under_its_name(tmp_path: Path, name: str) -> None:
    made(tmp_path, "a", age=1).path.rename(tmp_path / name)
    assert [folder.name for folder in sessions(tmp_path)] == [name]
    assert find(tmp_path, name).name == name


def test_a_mistyped_name_gets_a_suggestion(tmp_path: Path) -> None:
    for name in ("blood", "skin", "base (copy)"):
        made(tmp_path, name, age=1)
    with pytest.raises(SessionUnavailable, match=r"'bloood' not found in .*; did you mean 'blood'\?"):
        find(tmp_path, "bloood")
    with pytest.raises(SessionUnavailable, match=r"`alc session list`"):
        find(tmp_path, "something")


def test_what_is_no_session_is_not_listed(tmp_path: Path) -> None:
    made(tmp_path, "a", age=1)
    made(tmp_path, ".staging", age=1)
    (tmp_path / "README.md").write_text("no session")
    (tmp_path / "empty").mkdir()
    assert [folder.name for folder in sessions(tmp_path)] == ["a"]
    assert sessions(tmp_path / "nowhere") == []


def test_a_session_that_lost_its_samples_is_still_listed(tmp_path: Path) -> None:
    made(tmp_path, "a", age=1)
    made(tmp_path, "lost", age=0).samples.unlink()
    assert [folder.name for folder in sessions(tmp_path)] == ["a", "lost"]


def test_an_empty_store_says_how_to_make_a_session(tmp_path: Path) -> None:
    with pytest.raises(SessionUnavailable, match=r"No sessions in .*`alc session new") as caught:
        find(tmp_path, None)
    assert caught.value.exit_code == 3


def test_an_empty_store_is_named_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SessionUnavailable, match=f"No sessions in {tmp_path}/mine; .* --store or ALC_SESSIONS"):
        find(Path("mine"), None)


def test_an_unknown_session_is_named(tmp_path: Path) -> None:
    with pytest.raises(SessionUnavailable, match=r"Session 'skin' not found in .*`alc session list`"):
        find(tmp_path, "skin")


@pytest.mark.parametrize(
    "name", ["../skin", "a/b", "", ".", "..", ".hidden", "-x", "a" * 101, "ä", "a\n", "a b", "a\0b", "a" * 300]
)
def test_no_name_leads_out_of_the_store(tmp_path: Path, name: str) -> None:
    for place in (tmp_path.parent / "skin", tmp_path / ".hidden", tmp_path / "a" / "b"):
        place.mkdir(parents=True, exist_ok=True)
        (place / "session.json").touch()
    with pytest.raises(UsageError, match="is not a valid session name"):
        find(tmp_path, name)


@pytest.mark.parametrize("name", ["isic-p50", "A.1_b", "0", "a" * 100])
def test_plain_names_are_names(name: str) -> None:
    assert check_name(name) == name


def test_a_taken_name_gets_a_number(tmp_path: Path) -> None:
    assert free_name(tmp_path, "demo") == "demo"
    (tmp_path / "demo").mkdir()
    assert free_name(tmp_path, "demo") == "demo-2"
    (tmp_path / "demo-2").mkdir()
    assert free_name(tmp_path, "demo") == "demo-3"


def test_the_store_is_the_option_or_the_variable_or_sessions_here(monkeypatch: pytest.MonkeyPatch) -> None:
    assert store_path() == Path("sessions")
    monkeypatch.setenv("ALC_SESSIONS", "elsewhere")
    assert store_path() == Path("elsewhere")
    assert store_path(Path("here")) == Path("here")


def test_the_files_are_where_design_says(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path)
    names = {
        folder.document: "session.json",
        folder.journal: "journal.jsonl",
        folder.samples: "samples.npz",
        folder.round_arrays(0): "round-00.npz",
        folder.round_arrays(12): "round-12.npz",
        folder.weights(3): "weights/round-03.safetensors",
        folder.events: "events.jsonl",
        folder.worker_log: "worker.log",
        folder.label_lock: "lock",
    }
    assert {path.relative_to(tmp_path).as_posix() for path in names} == set(names.values())


def test_replays_are_those_that_were_made_whole(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path)
    assert folder.replays() == []
    for name in ("gt-entropy", "journal-x", ".gt-margin.4711"):
        folder.replay(name).path.mkdir(parents=True)
    assert [replay.name for replay in folder.replays()] == ["gt-entropy", "journal-x"]


def test_only_what_lies_in_a_session_is_its_replay(tmp_path: Path) -> None:
    """A store may be called `replays`."""
    replay = SessionFolder(tmp_path / "skin" / "replays" / "gt")
    assert replay.owner.path == replay.path
    replay.path.mkdir(parents=True)
    (tmp_path / "skin" / "session.json").write_text("{}")
    assert replay.owner.path == tmp_path / "skin"
