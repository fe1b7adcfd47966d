"""kill -9 of the app and the worker of a live session, while one labels and the other trains: nothing is lost."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from alc_tui.session.labeling.passes import QueuePass
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdict
from alc_tui.session.store.lock import holder_pid
from tests.end_to_end.dying import Moment, Mortal, after_event, at_call
from tests.session.small import advance, copy, make, outcome
from tests.terminal import Terminal

pytestmark = pytest.mark.slow

KILLED = -9
BUDGET, ROUNDS = 3, 3
WORKER_KILLS = 2
LOOK = 0.3
PATIENCE = 240.0


@pytest.fixture(scope="module")
def live(colors: Path, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """A live session after LNL; not to be written to."""
    store = tmp_path_factory.mktemp("store")
    folder = make(colors, store, "live", freeze=True, views=2, live=True, budget=BUDGET, rounds=ROUNDS)
    advance(folder)
    return folder


def decide(folder: SessionFolder, count: int) -> None:
    """Decide what is shown next, some samples long, truly."""
    with SessionService(folder, "anna", write=True) as service:
        truth = service.truth()
        for _ in range(count):
            showing = QueuePass(service).next()
            assert showing is not None
            QueuePass(service).decide(showing, Verdict("label", truth[showing.item.sample]))


@pytest.fixture(scope="module")
def retrained(live: SessionFolder, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """The first round decided and retrained, without anything decided ahead."""
    folder = copy(live, tmp_path_factory.mktemp("store"))
    decide(folder, BUDGET)
    advance(folder)
    return folder


@pytest.mark.parametrize(
    "moment",
    [
        at_call("freeze", 1, done=False),
        at_call("freeze", 1, done=True),
        after_event("Epoch", 1, 1),
        at_call("save weights", 1, done=True),
        at_call("add round", 1, done=False),
        at_call("add round", 1, done=True),
    ],
    ids=str,
)
def test_a_worker_killed_while_labeling_goes_on_ends_at_the_same_numbers_and_the_same_queue(
    moment: Moment, live: SessionFolder, retrained: SessionFolder, mortal: Mortal, tmp_path: Path
) -> None:
    folder = copy(live, tmp_path)
    decide(folder, BUDGET + 1)
    assert mortal.work(folder.path, moment) == KILLED
    decide(folder, 1)
    journal = folder.journal.read_bytes()
    if len(Document(folder.document).rounds) == 1:
        assert mortal.work(folder.path) == 0
    assert folder.journal.read_bytes() == journal
    assert outcome(folder) == outcome(retrained)
    service = SessionService(folder)
    ahead = [one.sample for one in service.decisions if one.round == 2]
    assert len(ahead) == 2 and set(ahead) < set(service.queue) and len(service.queue) == BUDGET


def test_a_session_labeled_through_kills_of_app_and_worker_has_every_verdict_in_one_round(
    live: SessionFolder, tmp_path: Path
) -> None:
    folder, rng = copy(live, tmp_path), random.Random(5)
    deadline, journal = time.monotonic() + PATIENCE, list[str]()
    killer = WorkerKiller(folder)
    killer.start()
    while not _is_done(folder):
        assert time.monotonic() < deadline
        with _app(folder) as terminal:
            for _ in range(rng.choice((1, 2, 4))):
                _press(terminal, rng.choice("123"))
            time.sleep(rng.uniform(0, 0.5))
            terminal.kill()
        decisions = [one.at for one in Journal(folder.journal).decisions]
        assert decisions[: len(journal)] == journal
        journal = decisions
    assert killer.killed == WORKER_KILLS
    records, verdicts = Document(folder.document).rounds, SessionService(folder).verdicts()
    assert [record.ledger.shown for record in records] == [0] + [BUDGET] * ROUNDS
    assert records[-1].decided_total == len(verdicts) == len(journal) == BUDGET * ROUNDS


def _is_done(folder: SessionFolder) -> bool:
    return len(Document(folder.document).rounds) == ROUNDS + 1


def _app(folder: SessionFolder) -> Terminal:
    command = [sys.executable, "-m", "alc_tui", "session", "label", folder.name, "--store", str(folder.path.parent)]
    terminal = Terminal(command, (100, 30))
    terminal.until(lambda text: folder.name in text.splitlines()[0], PATIENCE)
    return terminal


def _press(terminal: Terminal, key: str) -> None:
    """Decide the image on the screen, or wait a little for the next one."""
    terminal.rests(LOOK)
    if " image " in terminal.text.splitlines()[0]:
        terminal.send(key.encode())
        terminal.rests(LOOK)
    else:
        time.sleep(1)


class WorkerKiller(Thread):
    """Kills the first workers that retrain, each as soon as it is there."""

    def __init__(self, folder: SessionFolder) -> None:
        super().__init__(daemon=True)
        self._lock, self.killed = folder.worker_lock, 0

    def run(self) -> None:
        last = None
        while self.killed < WORKER_KILLS:
            pid = holder_pid(self._lock)
            if pid not in (None, last):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                self.killed, last = self.killed + 1, pid
            time.sleep(0.005)
