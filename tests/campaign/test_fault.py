"""The shim makes exactly the calls fail that it is told to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.campaign.attacked import KINDS
from tests.campaign.faults import build_shim, obstacle

pytestmark = pytest.mark.skipif(obstacle() is not None, reason=str(obstacle()))

TRY = """
import ctypes, errno, fcntl, os, sys
shim = ctypes.CDLL(os.environ["LD_PRELOAD"])
shim.fault_place.restype = ctypes.c_char_p
place = sys.argv[1]
folder = os.open(place, os.O_RDONLY)

def use():
    file = os.open(f"{place}/a", os.O_WRONLY | os.O_CREAT)
    yield "open"
    yield from [os.write(file, b"four"), "write"][1:]
    yield from [os.fsync(file), "fsync"][1:]
    yield from [os.fsync(folder), "fsync of a folder"][1:]
    yield from [fcntl.flock(file, fcntl.LOCK_EX), "lock"][1:]
    yield from [os.ftruncate(file, 1), "truncate"][1:]
    yield from [os.symlink("a", f"{place}/link"), "link"][1:]
    yield from [os.mkdir(f"{place}/folder"), "mkdir"][1:]
    yield from [os.rename(f"{place}/a", f"{place}/b"), "rename"][1:]
    for name in ("b", "link"):
        yield from [os.unlink(f"{place}/{name}"), "unlink"][1:]
    yield from [os.rmdir(f"{place}/folder"), "unlink"][1:]

kind, at, error, how = map(int, sys.argv[2:])
shim.fault_arm(place.encode(), 1 << kind, ctypes.c_long(at), error, how)
done = []
try:
    for name in use():
        done.append(name)
    print("everything", shim.fault_seen(kind))
except OSError as failure:
    print(failure.errno, shim.fault_place().decode(), len(done))
"""
EIO = 5


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_shim(tmp_path_factory.mktemp("shim"))


def attempt(shim: Path, place: Path, kind: str, at: int, how: int = 0, error: int = EIO) -> tuple[int, str]:
    numbers = (KINDS.index(kind), at, error, how)
    ended = subprocess.run(
        [sys.executable, "-c", TRY, str(place), *map(str, numbers)],
        env={**os.environ, "LD_PRELOAD": str(shim)},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout.strip()


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_call_of_a_kind_fails_with_the_error(shim: Path, tmp_path: Path, kind: str) -> None:
    code, said = attempt(shim, tmp_path, kind, at=1)
    assert code == 0 and said.startswith("5 ")


def test_a_later_call_fails_and_the_calls_before_it_do_not(shim: Path, tmp_path: Path) -> None:
    assert attempt(shim, tmp_path, "unlink", at=2) == (0, "5 unlink /link 10")


def test_calls_are_counted_and_those_elsewhere_are_left_alone(shim: Path, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    assert attempt(shim, tmp_path / "here", "unlink", at=4) == (0, "everything 3")


def test_a_process_is_killed_at_a_call(shim: Path, tmp_path: Path) -> None:
    code, said = attempt(shim, tmp_path, "rename", at=1, how=2)
    assert (code, said) == (-9, "")
    assert (tmp_path / "a").exists() and not (tmp_path / "b").exists()


def test_a_full_disk_takes_what_still_fits(shim: Path, tmp_path: Path) -> None:
    code, _ = attempt(shim, tmp_path, "write", at=1, how=2)
    assert code == -9 and (tmp_path / "a").read_bytes() == b""
    (tmp_path / "a").unlink()
    attempt(shim, tmp_path, "fsync", at=1)
    assert (tmp_path / "a").read_bytes() == b"four"
