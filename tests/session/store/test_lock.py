from __future__ import annotations

import errno
import fcntl
import getpass
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alc_tui.errors import SessionUnavailable
from alc_tui.session.store.lock import LEASE_SECONDS, WriterLock, holder, holder_pid, is_held, user_name
from tests.people import ANNA, BEN, LAB, act_as, needs_root, open_to_all

HOLD = """
import sys, time
from pathlib import Path
from alc_tui.session.store.lock import WriterLock
lock = WriterLock(Path(sys.argv[1]), "labeling")
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "skin").mkdir()
    return tmp_path / "skin" / "lock"


@contextmanager
def held_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_writer_is_told_session_purpose_person_process_and_host(path: Path) -> None:
    with held_elsewhere(path) as other:
        with pytest.raises(SessionUnavailable) as caught:
            WriterLock(path, "labeling").acquire()
        who = f"{getpass.getuser()}, process {other.pid} on {socket.gethostname()}"
        assert f"Session 'skin' is in use for labeling by {who};" in str(caught.value)
        assert caught.value.exit_code == 3
        assert holder(path) == who
        assert holder_pid(path) == other.pid


def test_the_lock_is_free_again_once_its_holder_is_killed(path: Path) -> None:
    with held_elsewhere(path) as other:
        assert is_held(path)
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert not is_held(path)
        assert holder_pid(path) is None
        with WriterLock(path, "labeling"):
            assert holder_pid(path) == os.getpid()


def test_a_lock_is_held_until_it_is_released(path: Path) -> None:
    lock = WriterLock(path, "labeling")
    assert not is_held(path)
    lock.acquire()
    assert is_held(path)
    lock.release()
    assert not is_held(path)
    assert holder(path) is None
    lock.release()


def test_a_failure_inside_lets_go_of_the_lock(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), WriterLock(path, "labeling"):
        raise ZeroDivisionError
    assert not is_held(path)


def test_asking_neither_takes_nor_changes_the_lock(path: Path) -> None:
    with WriterLock(path, "labeling"):
        content = path.read_bytes()
        assert is_held(path) and is_held(path)
        assert path.read_bytes() == content
    assert not is_held(path)
    assert is_held(path.with_name("never there")) is False
    assert not path.with_name("never there").exists()


def test_a_writer_waits_for_the_moment_that_others_take_to_ask(path: Path) -> None:
    path.touch()
    with path.open() as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        threading.Timer(0.06, asking.close).start()
        with WriterLock(path, "labeling"):
            assert is_held(path)


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"pid": '])
def test_a_holder_that_did_not_say_who_it_is_is_another_process(path: Path, content: str) -> None:
    with WriterLock(path, "labeling"):
        path.write_text(content)
        with pytest.raises(SessionUnavailable, match="in use for labeling by another process"):
            WriterLock(path, "labeling").acquire()
        assert holder_pid(path) is None


def test_a_holder_on_another_host_has_no_process_here(path: Path) -> None:
    with WriterLock(path, "labeling"):
        path.write_text('{"pid": 1, "host": "gpu3.elsewhere", "user": "anna"}')
        assert holder(path) == "anna, process 1 on gpu3.elsewhere"
        assert holder_pid(path) is None


def name_holder_elsewhere(path: Path, silent: float) -> None:
    """Write what a process on another host has written that has given no sign of life for so many seconds."""
    path.write_text('{"pid": 1, "host": "gpu3.elsewhere", "user": "anna"}')
    os.utime(path, (time.time() - silent,) * 2)


def test_a_holder_on_another_host_is_respected_even_if_no_lock_is_seen_here(path: Path) -> None:
    name_holder_elsewhere(path, LEASE_SECONDS - 60)
    assert is_held(path)
    with pytest.raises(SessionUnavailable, match=r"in use for labeling by anna, process 1 on gpu3\.elsewhere"):
        WriterLock(path, "labeling").acquire()
    assert "gpu3" in path.read_text()


def test_the_lock_of_a_holder_on_another_host_that_has_been_silent_is_taken_over(path: Path) -> None:
    name_holder_elsewhere(path, LEASE_SECONDS + 1)
    assert not is_held(path)
    with WriterLock(path, "labeling"):
        assert holder_pid(path) == os.getpid()


def test_a_holder_gives_signs_of_life_until_it_releases_the_lock(path: Path) -> None:
    lock = WriterLock(path, "labeling", beat=0.01)
    lock.acquire()
    os.utime(path, (0, 0))
    deadline = time.monotonic() + 20
    while path.stat().st_mtime == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert time.time() - path.stat().st_mtime < 60
    lock.release()
    os.utime(path, (0, 0))
    time.sleep(0.05)
    assert path.stat().st_mtime == 0


@pytest.mark.parametrize("error", [KeyError("uid"), OSError("no username")])
def test_a_user_without_a_name_is_a_number(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", fail)
    assert user_name() == f"user {os.getuid()}"


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without locks."""

    def flock(_file: object, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)


@pytest.mark.usefixtures("no_locks")
class TestWithoutLocks:
    def test_writing_goes_on_with_a_warning(self, path: Path) -> None:
        with WriterLock(path, "labeling") as lock:
            assert lock.warning is not None
            assert "has no locks" in lock.warning and "only one person labels it" in lock.warning
            assert is_held(path) and holder_pid(path) == os.getpid()
        assert not is_held(path)

    def test_a_process_of_this_host_that_the_file_names_is_respected(self, path: Path) -> None:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
            path.write_text(json.dumps({"pid": other.pid, "host": socket.gethostname(), "user": "ben"}))
            assert is_held(path)
            with pytest.raises(SessionUnavailable, match=f"in use for labeling by ben, process {other.pid}"):
                WriterLock(path, "labeling").acquire()
            other.communicate()
        assert not is_held(path)
        WriterLock(path, "labeling").acquire()

    def test_a_process_of_this_host_that_has_been_silent_does_not_hold_it(self, path: Path) -> None:
        """Its id may be that of another process since."""
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
            path.write_text(json.dumps({"pid": other.pid, "host": socket.gethostname(), "user": "ben"}))
            os.utime(path, (time.time() - LEASE_SECONDS - 1,) * 2)
            assert not is_held(path) and holder_pid(path) is None
            WriterLock(path, "labeling").acquire()
            other.communicate()

    @pytest.mark.parametrize("more", [{}, {"token": "0123456789abcdef"}])
    def test_a_process_with_the_id_of_this_one_in_an_earlier_container_does_not_hold_it(
        self, path: Path, more: dict[str, str]
    ) -> None:
        path.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "user": "ben", **more}))
        assert not is_held(path) and holder_pid(path) is None
        with WriterLock(path, "labeling"):
            assert is_held(path) and holder_pid(path) == os.getpid()

    def test_a_holder_on_another_host_is_respected_while_it_gives_signs_of_life(self, path: Path) -> None:
        name_holder_elsewhere(path, 1)
        assert is_held(path)
        with pytest.raises(SessionUnavailable, match=r"by anna, process 1 on gpu3\.elsewhere"):
            WriterLock(path, "labeling").acquire()
        name_holder_elsewhere(path, LEASE_SECONDS + 1)
        assert not is_held(path)
        with WriterLock(path, "labeling") as lock:
            assert lock.warning is not None

    def test_of_two_that_take_it_at_the_same_moment_the_first_to_write_gives_way(self, path: Path) -> None:
        timer = threading.Timer(0.1, name_holder_elsewhere, (path, 0))
        timer.start()
        with pytest.raises(SessionUnavailable, match=r"by anna, process 1 on gpu3\.elsewhere"):
            WriterLock(path, "labeling").acquire()
        timer.join()


class TestAfterSilence:
    """A holder that was suspended for so long that another host has taken over."""

    @pytest.fixture
    def suspended(self, path: Path) -> Iterator[WriterLock]:
        lock = WriterLock(path, "training", beat=0.01)
        lock.acquire()
        name_holder_elsewhere(path, 0)
        yield lock
        lock.release()

    def wait_for_loss(self, lock: WriterLock) -> SessionUnavailable:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                lock.check()
            except SessionUnavailable as error:
                return error
            time.sleep(0.01)
        raise AssertionError("it took too long")

    def test_it_says_who_has_taken_over(self, suspended: WriterLock) -> None:
        assert str(self.wait_for_loss(suspended)) == (
            "Session 'skin' was taken over by anna, process 1 on gpu3.elsewhere, because this process had given no "
            "sign of life for 3 minutes; watch it with `alc session attach skin`."
        )

    def test_it_gives_no_more_signs_of_life(self, suspended: WriterLock, path: Path) -> None:
        self.wait_for_loss(suspended)
        os.utime(path, (0, 0))
        time.sleep(0.1)
        assert path.stat().st_mtime == 0

    def test_it_does_not_release_the_lock_of_the_other(self, suspended: WriterLock, path: Path) -> None:
        suspended.release()
        assert holder(path) == "anna, process 1 on gpu3.elsewhere"

    def test_what_it_would_write_is_refused(self, suspended: WriterLock) -> None:
        written: list[int] = []
        self.wait_for_loss(suspended)
        with pytest.raises(SessionUnavailable):
            suspended.guarded(written.append)(1)
        assert written == []

    def test_a_holder_that_was_not_replaced_goes_on(self, path: Path) -> None:
        written: list[int] = []
        with WriterLock(path, "training", beat=0.01) as lock:
            time.sleep(0.1)
            lock.guarded(written.append)(1)
        assert written == [1] and path.read_bytes() == b""


def test_a_lock_of_a_system_with_locks_comes_without_a_warning(path: Path) -> None:
    with WriterLock(path, "labeling") as lock:
        assert lock.warning is None


def test_a_lock_that_cannot_be_asked_for_is_a_failure(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(_file: object, _operation: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(OSError, match="Input/output"):
        WriterLock(path, "labeling").acquire()
    assert not is_held(path)


@needs_root
def test_who_may_not_write_is_told_who_can_change_that(path: Path) -> None:
    open_to_all(path.parent)
    path.touch()
    path.chmod(0o644)
    os.chown(path, ANNA, LAB)

    def try_it() -> None:
        with pytest.raises(SessionUnavailable, match="You do not have write permission for session 'skin'") as caught:
            WriterLock(path, "labeling").acquire()
        assert "--watch`" in str(caught.value) and f"`chmod -R g+rwX {path.parent}`" in str(caught.value)
        assert not is_held(path)

    act_as(BEN, try_it)


@needs_root
@pytest.mark.parametrize("mode", [0o775, 0o2775])
def test_a_colleague_who_labels_does_not_lock_the_owner_out(path: Path, mode: int) -> None:
    open_to_all(path.parent)
    os.chown(path.parent, ANNA, LAB)
    path.parent.chmod(mode)

    def use() -> None:
        with WriterLock(path, "labeling"):
            assert is_held(path)

    act_as(BEN, use)
    act_as(ANNA, use)


def test_what_never_ends_in_place_of_a_lock_file_is_not_read(path: Path) -> None:
    path.symlink_to("/dev/zero")
    assert not is_held(path) and holder(path) is None and holder_pid(path) is None
