from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from alc_tui.data.files.atomic import rename, write_atomically


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("before")
    write_atomically(path, lambda file: file.write(b"after"))
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_while_writing_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("before")
    with pytest.raises(ZeroDivisionError):
        write_atomically(path, lambda file: file.write(b"x" * (1 // 0)))
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("old", [0o600, 0o640, 0o664, 0o444])
def test_a_replaced_file_keeps_its_mode(tmp_path: Path, old: int) -> None:
    path = tmp_path / "a.json"
    path.write_text("before")
    path.chmod(old)
    write_atomically(path, lambda file: file.write(b"after"))
    assert mode(path) == old


def test_a_link_is_replaced_and_what_it_leads_to_is_untouched(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "a.json").symlink_to(tmp_path / "precious")
    write_atomically(tmp_path / "a.json", lambda file: file.write(b"after"))
    assert (tmp_path / "precious").read_text() == "mine"
    assert (tmp_path / "a.json").read_text() == "after" and not (tmp_path / "a.json").is_symlink()


def test_a_name_as_long_as_the_file_system_allows_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 120 + ".csv")
    write_atomically(path, lambda file: file.write(b"after"))
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_file_cannot_be_predicted(tmp_path: Path) -> None:
    names = set()
    for _ in range(3):
        write_atomically(tmp_path / "a", lambda _file: names.add(next(tmp_path.glob(".a.*")).name))
    assert len(names) == 3 and all(str(os.getpid()) in name for name in names)


def test_a_rename_that_fails_says_so(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "b").touch()
    with pytest.raises(OSError, match="directory"):
        rename(tmp_path / "a", tmp_path / "full")
    assert (tmp_path / "a").read_text() == "a"
