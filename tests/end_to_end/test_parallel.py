"""Sessions that several real processes train together, some of which are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alc_tui.cores import GPUS_VARIABLE
from alc_tui.interpreter import module_command, module_environment
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Epoch, EventReader, Started, last_failure
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.lock import is_held
from alc_tui.session.store.processes import JOIN
from alc_tui.session.training.parallel.group import REASON, joined_group
from tests.session.small import draw_colors, make

pytestmark = pytest.mark.slow

PATIENCE = 300.0
"""Seconds; on a busy machine, torch takes many of them to load."""
EPOCHS = 12
"""Enough not to end before a process is killed."""


@pytest.fixture
def folder(tmp_path: Path) -> SessionFolder:
    return make(draw_colors(tmp_path / "colors"), tmp_path, "small", epochs=EPOCHS, lr=1e-5)


def start(folder: SessionFolder, gpus: int) -> subprocess.Popen[bytes]:
    with folder.worker_log.open("ab") as log:
        return subprocess.Popen(
            module_command("alc_tui.session.worker", str(folder.path)),
            env={**module_environment(), GPUS_VARIABLE: str(gpus)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def assistants(folder: SessionFolder) -> list[int]:
    """The ids of the processes that train with the session's worker."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if JOIN in words and str(folder.path) in words:
            found.append(int(path.parent.name))
    return found


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def epochs(folder: SessionFolder) -> list[int]:
    return [event.epoch for event in EventReader(folder.events).poll() if isinstance(event, Epoch)]


def test_a_killed_process_ends_all_with_a_sentence_and_another_number_of_them_goes_on(folder: SessionFolder) -> None:
    worker = start(folder, 3)
    wait_for(lambda: bool(epochs(folder)))
    os.kill(max(assistants(folder)), signal.SIGKILL)
    assert worker.wait(PATIENCE) == 4
    wait_for(lambda: not assistants(folder))
    failure = last_failure(folder.events)
    assert failure is not None and failure.exit_code == 4
    assert failure.text in [
        f"Process {number} of the 3 that train together ended by signal 9; train again to resume from the last "
        "checkpoint."
        for number in (2, 3)
    ]
    assert not is_held(folder.worker_lock) and Document(folder.document).rounds == []
    done = len(epochs(folder))
    assert start(folder, 2).wait(PATIENCE) == 0
    assert len(Document(folder.document).rounds) == 1 and not folder.checkpoint.exists()
    begun = [event.epoch for event in EventReader(folder.events).poll() if isinstance(event, Started)]
    assert begun[0] == 0 and done - 1 <= begun[1] <= done + 1 and epochs(folder)[-1] == EPOCHS


def test_a_process_killed_before_it_trains_ends_a_worker_that_waits_for_it(folder: SessionFolder) -> None:
    worker = start(folder, 2)
    wait_for(lambda: bool(assistants(folder)))
    os.kill(assistants(folder)[0], signal.SIGKILL)
    assert worker.wait(PATIENCE) == 4
    failure = last_failure(folder.events)
    assert failure is not None and failure.text.startswith("Process 2 of the 2 that train together ended by signal 9;")
    assert not is_held(folder.worker_lock)


def test_why_another_process_failed_reaches_the_worker(folder: SessionFolder, tmp_path: Path) -> None:
    place, empty = tmp_path / "group", tmp_path / "empty"
    words = [str(folder.path), JOIN, str(place), "1", "2"]
    for image in Path(Document(folder.document).session.dataset.root).rglob("*.png"):
        image.unlink()
    with folder.worker_log.open("wb") as log:
        process = subprocess.Popen(
            module_command("alc_tui.session.worker", *words),
            env={**module_environment(), "ALC_CACHE": str(empty)},
            stdin=subprocess.PIPE,
            stderr=log,
        )
    with joined_group(Document(folder.document).config, place, 0, 2) as (group, store):
        group.first(lambda: None)  # the other process may open the images now
        assert process.wait(PATIENCE) == 2
        printed = folder.worker_log.read_text().strip()
        assert "72 images of session 'small' can no longer be read" in printed
        assert str(store.get(REASON), "utf-8") == printed
    assert process.stdin is not None
    process.stdin.close()


def test_the_others_end_with_a_worker_that_is_killed(folder: SessionFolder) -> None:
    worker = start(folder, 2)
    wait_for(lambda: bool(epochs(folder)))
    worker.kill()
    worker.wait()
    wait_for(lambda: not assistants(folder))
    assert not is_held(folder.worker_lock)


def test_a_stopped_worker_stops_the_others(folder: SessionFolder) -> None:
    worker = start(folder, 2)
    wait_for(lambda: bool(epochs(folder)))
    worker.terminate()
    assert worker.wait(PATIENCE) == 130
    wait_for(lambda: not assistants(folder))


def test_torchrun_starts_them_too(folder: SessionFolder) -> None:
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [sys.executable, *torchrun, "-m", "alc_tui.session.worker", str(folder.path)]
    assert subprocess.run(command, env=module_environment(), timeout=PATIENCE, check=False).returncode == 0
    assert len(Document(folder.document).rounds) == 1
    (started,) = (event for event in EventReader(folder.events).poll() if isinstance(event, Started))
    assert "2 processes" in started.device
