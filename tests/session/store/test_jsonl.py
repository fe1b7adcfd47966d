from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest

from alc_tui.session.store.jsonl import UnexpectedSizeError, append, read, write


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lines.jsonl"


def test_what_was_appended_is_read_in_order(path: Path) -> None:
    assert read(path) == ([], b"")
    added = append(path, [{"a": 1}, {"b": "ä\n"}], sync=True)
    assert added == path.stat().st_size
    append(path, [{"c": None}], sync=False)
    lines, torn = read(path)
    assert [json.loads(line) for line in lines] == [{"a": 1}, {"b": "ä\n"}, {"c": None}] and torn == b""


def test_what_is_no_file_is_an_error_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    for name in ("fifo", "folder", "loop"):
        with pytest.raises(OSError, match=r"Not a regular file|Too many levels"):
            read(tmp_path / name)


def test_reading_goes_on_where_it_stopped(path: Path) -> None:
    offset = append(path, [{"a": 1}], sync=False)
    append(path, [{"b": 2}], sync=False)
    assert read(path, offset) == ([b'{"b": 2}'], b"")


@pytest.mark.parametrize("torn", [b"{", b'{"b": 2}', b"x" * 100_000])
def test_a_torn_last_line_is_told_apart_and_cut_off_by_the_next_one(path: Path, torn: bytes) -> None:
    append(path, [{"a": 1}], sync=True)
    path.write_bytes(path.read_bytes() + torn)
    assert read(path) == ([b'{"a": 1}'], torn)
    append(path, [{"c": 3}], sync=True)
    assert read(path) == ([b'{"a": 1}', b'{"c": 3}'], b"")


def test_a_file_of_nothing_but_a_torn_line_begins_anew(path: Path) -> None:
    path.write_bytes(b'{"a"')
    append(path, [{"b": 2}], sync=True)
    assert read(path) == ([b'{"b": 2}'], b"")


def test_a_file_of_another_size_than_expected_is_left_alone(path: Path) -> None:
    size = append(path, [{"a": 1}], sync=True)
    path.write_bytes(path.read_bytes() + b'{"torn')
    before = path.read_bytes()
    with pytest.raises(UnexpectedSizeError, match="another process has written"):
        write(path, b'{"b": 2}\n', sync=True, size=size)
    assert path.read_bytes() == before


def test_nan_is_refused_before_anything_is_written_unless_it_is_allowed(path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        append(path, [{"a": 1}, {"b": float("nan")}], sync=True)
    assert not path.exists()
    append(path, [{"b": float("nan")}], sync=True, allow_nan=True)
    assert read(path)[0] == [b'{"b": NaN}']


def test_lines_that_could_not_be_forced_to_disk_are_not_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(path, [{"a": 1}], sync=True)
    before = path.read_bytes()

    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            append(path, [{"b": 2}], sync=True)
        assert path.read_bytes() == before
        append(path, [{"b": 2}], sync=False)
    assert read(path)[0] == [b'{"a": 1}', b'{"b": 2}']


@pytest.mark.parametrize("error", [errno.EINVAL, errno.ENOTSUP, errno.EBADF])
def test_a_folder_that_cannot_be_flushed_is_no_error(path: Path, error: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync = os.fsync

    def fail_for_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(error, os.strerror(error))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fail_for_folders)
    append(path, [{"a": 1}], sync=True)
    assert read(path) == ([b'{"a": 1}'], b"")


def test_lines_are_not_written_to_a_new_file_whose_name_cannot_be_forced_to_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            append(path, [{"a": 1}], sync=True)
    assert path.read_bytes() == b""
    append(path, [{"a": 1}], sync=True)
    assert read(path) == ([b'{"a": 1}'], b"")


def test_lines_are_not_written_through_a_link(path: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    path.symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="Writing through symbolic links is not allowed"):
        append(path, [{"a": 1}], sync=True)
    assert (tmp_path / "precious").read_text() == "mine"
