from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from alc_tui.errors import SessionUnavailable, UsageError
from alc_tui.session.store import delete as deletion
from alc_tui.session.store.folder import SessionFolder, sessions
from alc_tui.session.store.lock import WriterLock
from tests.made_sessions import make_session

DIE = """
import os, signal, sys
from pathlib import Path
from alc_tui.session.store import delete as deletion
from alc_tui.session.store.folder import SessionFolder
deletion.remove = lambda _: os.kill(os.getpid(), signal.SIGKILL)
deletion.delete(SessionFolder(Path(sys.argv[1])))
"""


@pytest.fixture
def skin(tmp_path: Path) -> SessionFolder:
    return make_session(tmp_path / "store" / "skin", samples=15)


def store_of(folder: SessionFolder) -> list[str]:
    return [path.name for path in folder.path.parent.iterdir() if not path.name.endswith("-images")]


def test_a_deleted_session_leaves_nothing(skin: SessionFolder) -> None:
    assert deletion.delete(skin) is None
    assert store_of(skin) == []


def test_a_deletion_that_was_killed_can_be_finished(skin: SessionFolder) -> None:
    killed = subprocess.run([sys.executable, "-c", DIE, str(skin.path)], check=False)
    assert killed.returncode == -9
    store = skin.path.parent
    assert sessions(store) == [] and len(store_of(skin)) == 1
    assert deletion.finish(store, "skin")
    assert store_of(skin) == [] and not deletion.finish(store, "skin")


def test_the_next_deletion_clears_what_a_killed_one_has_left(skin: SessionFolder, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", DIE, str(skin.path)], check=False)
    deletion.delete(make_session(skin.path.parent / "other", samples=15))
    assert store_of(skin) == []


def test_files_that_cannot_be_removed_are_named_and_the_session_is_gone(
    skin: SessionFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        for name in ("unlink", "rmdir"):
            broken.setattr(os, name, fail)
        remains = deletion.delete(skin)
    assert remains is not None and remains.is_dir() and remains.name.startswith(".skin.")
    assert sessions(skin.path.parent) == []


def test_a_session_that_cannot_be_moved_is_still_whole(skin: SessionFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(deletion, "rename", fail)
    with pytest.raises(OSError, match="Read-only"):
        deletion.delete(skin)
    assert [folder.name for folder in sessions(skin.path.parent)] == ["skin"]


def test_a_linked_session_is_not_deleted(skin: SessionFolder, tmp_path: Path) -> None:
    skin.path.rename(tmp_path / "elsewhere")
    skin.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"is a link to .*elsewhere; delete that folder and the link yourself"):
        deletion.delete(skin)
    assert SessionFolder(tmp_path / "elsewhere").document.is_file() and skin.path.is_symlink()


def test_a_session_in_use_is_not_deleted(skin: SessionFolder) -> None:
    with WriterLock(skin.label_lock, "labeling"), pytest.raises(SessionUnavailable, match="in use for labeling"):
        deletion.delete(skin)
    assert skin.document.is_file()
