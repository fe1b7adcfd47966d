"""The commands as processes of their own: interrupted, hung up on, killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alc_tui.session.store import lock
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Epoch, EventReader, Stopped
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal
from tests.made_sessions import make_session
from tests.session.small import copy, options, outcome

pytestmark = pytest.mark.slow

PATIENCE = 120.0


STARTED: list[subprocess.Popen[str]] = []


def alc(*words: str, **environment: str) -> subprocess.Popen[str]:
    """The command, in a process group of its own, as a shell starts it."""
    command = subprocess.Popen(
        [sys.executable, "-m", "alc_tui", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
    )
    STARTED.append(command)
    return command


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def epochs(folder: SessionFolder) -> int:
    """How many epochs were told of, over all lives."""
    return sum(isinstance(event, Epoch) for event in EventReader(folder.events).poll())


def rest(epoch: int, until_there: Path) -> dict[str, str]:
    """What lets the command's worker rest after an epoch, so that what a test does happens there."""
    place = str(Path(__file__).with_name("pausing"))
    return {"PYTHONPATH": place, "REST_AFTER": str(epoch), "REST_UNTIL": str(until_there)}


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path) -> Iterator[None]:
    """A test that fails leaves neither a command nor a worker behind."""
    yield
    while STARTED:
        STARTED.pop().kill()
    for held in tmp_path.glob("*/worker.lock"):
        pid = lock.holder_pid(held)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)


def test_ctrl_c_and_kill_9_cost_nothing_but_time(
    untrained: SessionFolder, trained: SessionFolder, tmp_path: Path
) -> None:
    folder, never = copy(untrained, tmp_path), tmp_path / "never"
    command = ("session", "train", "small", "--store", str(tmp_path))

    interrupted = alc(*command, **rest(1, never))
    until(lambda: epochs(folder) == 1)
    interrupted.send_signal(signal.SIGINT)
    out, err = interrupted.communicate(timeout=PATIENCE)
    assert interrupted.returncode == 130 and out == ""
    assert "Stopped; resume from the last finished epoch with `alc session train small`." in err
    assert "Traceback" not in err and "Aborted" not in err
    assert not lock.is_held(folder.worker_lock)
    assert EventReader(folder.events).poll()[-1] == Stopped(0, 1)

    killed = alc(*command, **rest(2, never))
    until(lambda: epochs(folder) == 2)
    worker = lock.holder_pid(folder.worker_lock)
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    out, err = killed.communicate(timeout=PATIENCE)
    assert killed.returncode == 4 and out == ""
    assert err.splitlines()[-1].startswith("Error: The worker of session 'small' ended unexpectedly")
    assert Document(folder.document).rounds == []

    finished = alc(*command)
    out, err = finished.communicate(timeout=PATIENCE)
    assert finished.returncode == 0 and out == "" and "continued after epoch" in err
    assert outcome(folder) == outcome(trained)


def test_closing_the_terminal_does_not_end_the_training(colors: Path, tmp_path: Path, trained: SessionFolder) -> None:
    folder, go = SessionFolder(tmp_path / "small"), tmp_path / "go"
    words = ("session", "new", *options(colors), "--name", "small", "--store", str(tmp_path))
    command = alc(*words, ALC_VOG_WINDOW="2", **rest(1, go))
    until(lambda: epochs(folder) == 1)
    os.killpg(command.pid, signal.SIGHUP)
    command.communicate(timeout=PATIENCE)
    assert command.returncode == -signal.SIGHUP
    assert lock.is_held(folder.worker_lock)

    attached = alc("session", "attach", "--store", str(tmp_path))
    assert attached.stderr is not None
    assert [attached.stderr.readline().split()[:2] for _ in range(2)] == [["LNL:", "50"], ["epoch", "1"]]
    go.touch()
    _, err = attached.communicate(timeout=PATIENCE)
    assert attached.returncode == 0 and "LNL done: macro-F1 best" in err
    until(lambda: not lock.is_held(folder.worker_lock))
    assert Document(folder.document).session.device.startswith("cpu (")
    assert outcome(folder) == outcome(trained)
    listed = alc("session", "list", "--json", "--store", str(tmp_path))
    assert json.loads(listed.communicate(timeout=PATIENCE)[0])[0]["state"] == "labeling"


def test_a_backbone_that_does_not_exist_is_noticed_before_a_session_is_made(colors: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    refused = alc("session", "new", *options(colors, backbone="resnet19"), "--store", str(store))
    out, err = refused.communicate(timeout=PATIENCE)
    assert refused.returncode == 2 and out == "" and not store.exists()
    assert err.splitlines()[-1].startswith("Error: Unknown backbone 'resnet19'; did you mean resnet18")


DECIDE = """
import sys
from pathlib import Path
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import Verdict
with SessionService(SessionFolder(Path(sys.argv[1])), "anna", write=True) as service:
    while True:
        for sample in service.queue:
            taken = service.decide(sample, Verdict("label", "NV", 1.0))
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
