from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alc_tui.data.files.atomic import write_atomically
from alc_tui.data.files.shared import create_file, make_folder, open_to_write
from tests.people import ANNA, BEN, LAB, act_as, needs_root, open_to_all


@contextmanager
def umask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def touch(path: Path) -> Path:
    os.close(open_to_write(path, os.O_WRONLY))
    return path


@pytest.mark.parametrize(("folder", "mask", "expected"), [
    (0o755, 0o022, 0o644),
    (0o700, 0o022, 0o644),
    (0o755, 0o077, 0o600),
    (0o775, 0o022, 0o664),
    (0o2775, 0o077, 0o660),
    (0o777, 0o022, 0o666),
    (0o1777, 0o022, 0o644),
    (0o755, 0o002, 0o664),
])  # fmt: skip
def test_a_new_file_is_writable_for_whoever_may_write_to_its_folder(
    tmp_path: Path, folder: int, mask: int, expected: int
) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store").chmod(folder)
    with umask(mask):
        assert mode(touch(tmp_path / "store" / "lock")) == expected


@pytest.mark.parametrize(("folder", "expected"), [(0o755, 0o755), (0o775, 0o775), (0o2775, 0o2775), (0o1777, 0o755)])
def test_new_folders_are_like_the_one_above(tmp_path: Path, folder: int, expected: int) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store").chmod(folder)
    with umask(0o022):
        make_folder(tmp_path / "store" / "skin" / "weights")
    assert mode(tmp_path / "store" / "skin") == mode(tmp_path / "store" / "skin" / "weights") == expected


def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o775)
    (tmp_path / "lock").touch()
    (tmp_path / "lock").chmod(0o600)
    assert mode(touch(tmp_path / "lock")) == 0o600


def test_nothing_is_created_in_place_of_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    for name in ("link", "file"):
        with pytest.raises(FileExistsError):
            create_file(tmp_path / name, os.O_WRONLY)
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_cannot_be_made_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "file" / "folder")


def append(path: Path) -> None:
    os.write(open_to_write(path, os.O_WRONLY | os.O_APPEND), b"line\n")


def replace(path: Path) -> None:
    write_atomically(path, lambda file: file.write(b"line\nline\n"))


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A folder of anna's that the lab may write to, reachable for everybody."""
    open_to_all(tmp_path)
    folder = tmp_path / "store"
    folder.mkdir()
    os.chown(folder, ANNA, LAB)
    return folder


@needs_root
@pytest.mark.parametrize("folder_mode", [0o775, 0o2775])
def test_what_a_colleague_creates_stays_writable_for_the_owner(lab: Path, folder_mode: int) -> None:
    lab.chmod(folder_mode)
    act_as(BEN, lambda: append(lab / "journal.jsonl"))
    act_as(ANNA, lambda: append(lab / "journal.jsonl"))
    act_as(BEN, lambda: replace(lab / "session.json"))
    act_as(ANNA, lambda: append(lab / "session.json"))
    for name in ("journal.jsonl", "session.json"):
        status = (lab / name).stat()
        assert (status.st_uid, status.st_gid, mode(lab / name)) == (BEN, LAB, 0o664)


@needs_root
def test_what_a_colleague_replaces_stays_writable_for_the_owner_even_if_it_was_private(lab: Path) -> None:
    lab.chmod(0o2775)
    act_as(ANNA, lambda: replace(lab / "session.json"))
    (lab / "session.json").chmod(0o600)
    act_as(BEN, lambda: replace(lab / "session.json"))
    act_as(ANNA, lambda: append(lab / "session.json"))


@needs_root
def test_the_superuser_leaves_files_of_the_owner_of_the_folder(lab: Path) -> None:
    lab.chmod(0o755)
    touch(lab / "lock")
    write_atomically(lab / "session.json", lambda file: file.write(b"{}"))
    make_folder(lab / "skin")
    for name in ("lock", "session.json", "skin"):
        status = (lab / name).stat()
        assert (status.st_uid, status.st_gid) == (ANNA, LAB)
