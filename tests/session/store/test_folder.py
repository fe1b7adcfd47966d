from __future__ import annotations

import os
from pathlib import Path

import pytest

from alc_tui.errors import SessionUnavailable, UsageError
from alc_tui.session.store.folder import SessionFolder, check_name, find, free_name, sessions, store_path
from tests.made_sessions import make_session


def made(store: Path, name: str, age: int) -> SessionFolder:
    folder = make_session(store / name, samples=15, trained=False)
    os.utime(folder.samples, ns=(0, 10**18 - age))
    return folder


def test_the_latest_session_is_the_one_made_last_whatever_was_written_since(tmp_path: Path) -> None:
    made(tmp_path, "b", age=2)
    made(tmp_path, "a", age=1)
    made(tmp_path, "c", age=3).journal.touch()
    assert [folder.name for folder in sessions(tmp_path)] == ["c", "b", "a"]
    assert find(tmp_path, None).name == "a"
    assert find(tmp_path, "c").name == "c"


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
    assert [folder.name for folder in sessions(tmp_path)] == ["lost", "a"]


def test_an_empty_store_says_how_to_make_a_session(tmp_path: Path) -> None:
    with pytest.raises(SessionUnavailable, match=r"No sessions in .*`alc session new") as caught:
        find(tmp_path, None)
    assert caught.value.exit_code == 3


def test_an_unknown_session_is_named(tmp_path: Path) -> None:
    with pytest.raises(SessionUnavailable, match=r"Session 'skin' not found in .*`alc session list`"):
        find(tmp_path, "skin")


@pytest.mark.parametrize("name", ["../skin", "a/b", "", ".hidden", "-x", "a" * 101, "ä", "a\n", "a b", "a\x1b[0m"])
def test_no_name_leads_out_of_the_store(tmp_path: Path, name: str) -> None:
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
