"""The commands as processes of their own: interrupted, hung up on, killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alc_tui.session import lock
from alc_tui.session.document import Document
from alc_tui.session.events import Epoch, EventReader, Stopped
from alc_tui.session.folder import SessionFolder
from alc_tui.session.journal import Journal
from tests.made_sessions import make_session
from tests.session.small import advance, copy, make, options, outcome

PATIENCE = 40.0


def alc(*words: str, **environment: str) -> subprocess.Popen[str]:
    """The command, in a process group of its own, as a shell starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "alc_tui", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
    )


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def epochs(folder: SessionFolder) -> int:
    """How many epochs were told of, over all lives."""
    return sum(isinstance(event, Epoch) for event in EventReader(folder.events).poll())


def freeze_worker(folder: SessionFolder) -> int:
    """Hold the worker still in the middle of its epochs, so that what follows happens there; its pid."""
    pid = lock.holder_pid(folder.worker_lock)
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    return pid


def wait_until_asked_to_end(pid: int) -> None:
    """Until SIGTERM waits for a process that is held still, or long enough where the system does not tell."""
    status, deadline = Path(f"/proc/{pid}/status"), time.monotonic() + 2
    while time.monotonic() < deadline:
        signals = (
            dict(line.split(":\t") for line in status.read_text().splitlines() if "\t" in line)
            if status.exists()
            else {}
        )
        if any(int(signals.get(name, "0"), 16) & 1 << (signal.SIGTERM - 1) for name in ("ShdPnd", "SigBlk")):
            return
        time.sleep(0.01)


@pytest.fixture(scope="module")
def long(colours: Path, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """A session of 12 epochs before LNL."""
    return make(colours, tmp_path_factory.mktemp("store"), "long", epochs=12)


@pytest.fixture(scope="module")
def long_trained(long: SessionFolder, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """The same after LNL, never disturbed."""
    folder = copy(long, tmp_path_factory.mktemp("store"))
    advance(folder)
    return folder


def test_ctrl_c_and_kill_9_cost_nothing_but_time(
    long: SessionFolder, long_trained: SessionFolder, tmp_path: Path
) -> None:
    folder = copy(long, tmp_path)
    command = ("session", "train", "long", "--store", str(tmp_path))

    interrupted = alc(*command)
    until(lambda: epochs(folder) >= 1)
    worker = freeze_worker(folder)
    assert epochs(folder) < 12
    interrupted.send_signal(signal.SIGINT)
    wait_until_asked_to_end(worker)
    os.kill(worker, signal.SIGCONT)
    out, err = interrupted.communicate(timeout=PATIENCE)
    assert interrupted.returncode == 130 and out == ""
    assert "Stopped; `alc session train long` goes on from the last finished epoch." in err
    assert "Traceback" not in err and "Aborted" not in err
    assert not lock.is_held(folder.worker_lock)
    assert isinstance(EventReader(folder.events).poll()[-1], Stopped)
    before = epochs(folder)

    killed = alc(*command)
    until(lambda: epochs(folder) > before)
    assert epochs(folder) < 12
    os.kill(freeze_worker(folder), signal.SIGKILL)
    out, err = killed.communicate(timeout=PATIENCE)
    assert killed.returncode == 4 and out == ""
    assert err.splitlines()[-1].startswith("Error: The worker of session 'long' ended without a word")
    assert Document(folder.document).rounds == []

    finished = alc(*command)
    out, err = finished.communicate(timeout=PATIENCE)
    assert finished.returncode == 0 and out == "" and "going on after epoch" in err
    assert outcome(folder) == outcome(long_trained)


def test_closing_the_terminal_does_not_end_the_training(
    colours: Path, tmp_path: Path, long_trained: SessionFolder
) -> None:
    command = alc(
        "session", "new", *options(colours, epochs=12), "--name", "long", "--store", str(tmp_path), ALC_VOG_WINDOW="2"
    )
    folder = SessionFolder(tmp_path / "long")
    until(lambda: epochs(folder) >= 1)
    worker = freeze_worker(folder)
    assert command.poll() is None
    os.killpg(command.pid, signal.SIGHUP)
    command.communicate(timeout=PATIENCE)
    assert command.returncode == -signal.SIGHUP
    os.kill(worker, signal.SIGCONT)

    attached = alc("session", "attach", "--store", str(tmp_path))
    _, err = attached.communicate(timeout=PATIENCE)
    assert attached.returncode == 0 and "LNL done: macro-F1 best" in err
    until(lambda: not lock.is_held(folder.worker_lock))
    assert Document(folder.document).session["device"].startswith("cpu (")
    assert outcome(folder) == outcome(long_trained)
    listed = alc("session", "list", "--json", "--store", str(tmp_path))
    assert json.loads(listed.communicate(timeout=PATIENCE)[0])[0]["state"] == "labeling"


def test_a_backbone_that_does_not_exist_is_noticed_before_a_session_is_made(colours: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    refused = alc("session", "new", *options(colours, backbone="resnet19"), "--store", str(store))
    out, err = refused.communicate(timeout=PATIENCE)
    assert refused.returncode == 2 and out == "" and not store.exists()
    assert err.splitlines()[-1].startswith("Error: Unknown backbone 'resnet19'; did you mean resnet18")


DECIDE = """
import sys
from pathlib import Path
from alc_tui.session.folder import SessionFolder
from alc_tui.session.service import SessionService
with SessionService(SessionFolder(Path(sys.argv[1])), "anna", write=True) as service:
    while True:
        for sample in service.queue:
            taken = service.decide(sample, "label", "NV", 1.0)
            print(taken.seq, sample, flush=True)
"""


@pytest.mark.parametrize("shown", [1, 7, 40])
def test_no_decision_shown_as_taken_is_lost_when_the_screen_is_killed(tmp_path: Path, shown: int) -> None:
    folder = make_session(tmp_path / "skin")
    with subprocess.Popen(
        [sys.executable, "-c", DECIDE, str(folder.path)], stdout=subprocess.PIPE, text=True
    ) as screen:
        assert screen.stdout is not None
        lines = [screen.stdout.readline() for _ in range(shown)]
        screen.kill()
        lines += screen.stdout.readlines()
    seen = [line.split() for line in lines if line.endswith("\n")]
    assert len(seen) >= shown
    decisions = Journal(folder.journal, repair=True).decisions
    assert [[str(each.seq), each.sample] for each in decisions[: len(seen)]] == seen
    assert len(decisions) - len(seen) in (0, 1)  # at most one was on disk and not shown yet
    assert not lock.is_held(folder.label_lock)
