from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alc_tui.errors import AlcError, SessionUnavailable, TrainingFailed
from alc_tui.model.device import FreeThreads
from alc_tui.model.parallel.group import Group
from alc_tui.session import worker
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.settings.config import Config
from alc_tui.session.store import processes
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Epoch, Event, EventReader, Failed, Started, Stopped
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.session.store.lock import WriterLock, is_held
from alc_tui.session.training import advance as training
from tests.made_sessions import make_session, update_facts
from tests.session import small

HOLD = """
import signal, sys, time
from pathlib import Path
from alc_tui.session.store.lock import WriterLock
if sys.argv[2] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
lock = WriterLock(Path(sys.argv[1]), "training")
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""
EPOCH = Epoch(0, 2, 3, (1.0, 1.0), 0.4, 0.5, None, None, 1.0, 1.0)


@pytest.fixture
def held(session: SessionFolder) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """`held("deaf")`: another process that holds the worker lock and does not hear SIGTERM; or `held("polite")`."""
    started: list[subprocess.Popen[str]] = []

    def hold(manner: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, str(session.worker_lock), manner]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        stdout = started[-1].stdout
        assert stdout is not None and stdout.readline() == "held\n"
        return started[-1]

    yield hold
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """The worker's signal handlers stay with the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def work(session: SessionFolder, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, list[Event]]]:
    """`work(event, …, error)`: what the worker returns and tells when its work emits these and ends so."""

    def do(*steps: Event | BaseException) -> tuple[int, list[Event]]:
        def advance(folder: SessionFolder, emit: Callable[[Event], None], _group: Group) -> None:
            assert is_held(folder.worker_lock)
            for step in steps:
                if isinstance(step, BaseException):
                    raise step
                emit(step)

        reader = EventReader(session.events, from_now=True)
        monkeypatch.setattr(training, "advance", advance)
        return worker.main(str(session.path)), reader.poll()

    return do


Work = Callable[..., tuple[int, list[Event]]]
STARTED = Started(0, 0, 3, "cpu", 36, 1)


def test_a_worker_tells_what_it_does_and_holds_the_lock_meanwhile(work: Work, session: SessionFolder) -> None:
    assert work(STARTED, EPOCH) == (0, [STARTED, EPOCH])
    assert not is_held(session.worker_lock)


@pytest.mark.parametrize("error", [AlcError("No."), TrainingFailed("The loss is not finite.")])
def test_a_failure_is_told_in_its_own_words_with_its_exit_code(
    work: Work, error: AlcError, capsys: pytest.CaptureFixture[str]
) -> None:
    assert work(STARTED, error) == (error.exit_code, [STARTED, Failed(str(error), error.exit_code)])
    assert capsys.readouterr().err == f"{error}\n"


def test_where_no_session_is_the_worker_and_its_assistants_say_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "nowhere")
    assert worker.main(path) == worker.assist(path, ()) == 3
    assert capsys.readouterr().err == 2 * f"No session found at {path}; list the sessions with `alc session list`.\n"
    assert not Path(path).exists()


def test_a_document_that_cannot_be_read_is_a_sentence_of_an_assistant(
    session: SessionFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    session.document.write_text("{")
    assert worker.assist(str(session.path), ()) == 1
    assert f"{session.document} is damaged" in capsys.readouterr().err


def test_a_worker_that_another_one_has_replaced_ends_and_tells_nothing_of_it_in_the_session(
    work: Work, session: SessionFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lose(_lock: WriterLock) -> None:
        raise SessionUnavailable("Session 'skin' was taken over.")

    monkeypatch.setattr(WriterLock, "check", lose)
    assert work(STARTED) == (3, [])
    assert capsys.readouterr().err == "Session 'skin' was taken over.\n"


def test_an_error_nobody_thought_of_is_a_failed_training_and_its_traceback_is_in_the_log(
    work: Work, session: SessionFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    code, (failed,) = work(ZeroDivisionError("by zero"))
    assert code == 4 and isinstance(failed, Failed) and failed.exit_code == 4
    assert failed.text.startswith("Training failed with ZeroDivisionError: by zero;")
    assert str(session.worker_log) in failed.text
    assert "Traceback" in capsys.readouterr().err


def test_a_worker_that_is_stopped_in_an_epoch_says_so_once(work: Work) -> None:
    assert work(STARTED, Stopped(0, 1), KeyboardInterrupt()) == (130, [STARTED, Stopped(0, 1)])


def test_a_worker_that_is_stopped_before_or_after_the_epochs_says_so_too(work: Work) -> None:
    assert work(STARTED, EPOCH, KeyboardInterrupt()) == (130, [STARTED, EPOCH, Stopped(0, 2)])
    assert work(KeyboardInterrupt()) == (130, [Stopped(0, 2)])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_a_worker_cleanly(
    session: SessionFolder, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def advance(_folder: SessionFolder, _emit: object, _group: Group) -> None:
        os.kill(os.getpid(), number)
        time.sleep(120)

    monkeypatch.setattr(training, "advance", advance)
    began = time.monotonic()
    assert worker.main(str(session.path)) == 130
    assert time.monotonic() - began < 60


def test_before_it_learns_on_frozen_features_a_worker_compares_the_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, seen = make_session(tmp_path / "skin", trained=False), list[bool]()
    config = Config(**{**Document(folder.document).config.as_dict(), **small.SETTINGS, "freeze": True})
    update_facts(folder, config=config)
    monkeypatch.setattr(training, "advance", lambda folder, _emit, _group: seen.append(folder.similarity.exists()))
    assert worker.main(str(folder.path)) == 0 and seen == [True]


def test_a_worker_looks_at_the_free_cores_after_each_epoch_of_networks_but_not_of_heads(
    work: Work, session: SessionFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[None] = []
    monkeypatch.setattr(FreeThreads, "look_again", lambda _threads: looks.append(None))
    assert work(STARTED, EPOCH, EPOCH)[0] == 0 and len(looks) == 2
    config = Config(**{**Document(session.document).config.as_dict(), **small.SETTINGS, "freeze": True})
    update_facts(session, config=config)
    assert work(STARTED, EPOCH)[0] == 0 and len(looks) == 2


def test_a_second_worker_leaves_the_first_alone_and_says_why(
    work: Work, session: SessionFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    with WriterLock(session.worker_lock, "training"):
        assert work(STARTED) == (3, [])
    assert "Session 'skin' is in use for training by" in capsys.readouterr().err


def test_a_worker_that_is_asked_to_stop_ends(
    session: SessionFolder, held: Callable[[str], subprocess.Popen[str]]
) -> None:
    process = held("polite")
    assert processes.stop(session) is True
    assert process.wait(60) == -signal.SIGTERM


def test_a_worker_that_does_not_end_in_time_is_told_apart(
    session: SessionFolder, held: Callable[[str], subprocess.Popen[str]]
) -> None:
    process = held("deaf")
    assert processes.stop(session, seconds=0.3) is False
    assert process.poll() is None


def test_where_no_worker_runs_there_is_nothing_to_stop(session: SessionFolder) -> None:
    began = time.monotonic()
    assert processes.stop(session) is True
    assert time.monotonic() - began < 15


def test_a_worker_that_has_not_said_its_name_yet_is_stopped_once_it_has(
    session: SessionFolder, held: Callable[[str], subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = held("polite")
    pids = iter([None, None])
    monkeypatch.setattr("alc_tui.session.store.lock.holder_pid", lambda _path: next(pids, process.pid))
    assert processes.stop(session, seconds=5) is True


class Interpreter:
    """Stands in for the interpreter that `spawn` starts."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
        script = tmp_path / "interpreter"
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(script))


def test_a_worker_that_does_not_come_up_is_told_and_its_last_words_are_kept(
    session: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Interpreter(tmp_path, monkeypatch, "echo no torch here >&2; exit 1")
    with pytest.raises(AlcError, match=r"The worker of session 'skin' did not start; see .*worker\.log for the reason"):
        processes.spawn(session)
    assert session.worker_log.read_text() == "no torch here\n"


def test_a_worker_that_takes_too_long_to_come_up_is_told(
    session: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Interpreter(tmp_path, monkeypatch, "sleep 3")
    with pytest.raises(AlcError, match="did not start"):
        processes.spawn(session, patience=0.1)


def test_ctrl_c_while_a_worker_comes_up_ends_it(
    session: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_seconds: float) -> None:
        if session.worker_log.read_text().endswith("\n"):
            raise KeyboardInterrupt

    Interpreter(tmp_path, monkeypatch, "trap 'echo terminated; exit' TERM; echo ready; while :; do sleep 0.05; done")
    with pytest.raises(KeyboardInterrupt):
        processes.spawn(session, sleep=interrupt)
    deadline = time.monotonic() + 20
    while session.worker_log.read_text() == "ready\n" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert session.worker_log.read_text() == "ready\nterminated\n"


def test_a_worker_is_a_session_of_its_own_without_the_terminal(
    session: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = "import os, sys; print(os.getsid(0) == os.getpid(), repr(sys.stdin.read()), *sys.argv[1:], sep=chr(10))"
    Interpreter(tmp_path, monkeypatch, f"exec '{sys.executable}' -c '{look}' \"$@\"")
    processes.spawn(session)
    is_alone, read, *arguments = session.worker_log.read_text().splitlines()
    assert is_alone == "True" and read == "''"
    assert arguments == ["-P", "-m", "alc_tui.session.worker", str(session.path)]


@pytest.mark.slow
def test_testing_and_training_the_small_backbone_load_torch_but_not_its_compiler_nor_other_heavy_libraries(
    untrained: SessionFolder, tmp_path: Path
) -> None:
    folder = small.copy(untrained, tmp_path)
    code = (
        "import sys; from alc_tui.model.probing import backbone; from alc_tui.session import worker\n"
        "options = '--backbone small --weights none --image-size 16 --batch-size 8 --device cpu'\n"
        "sys.argv[1:], folder = options.split(), sys.argv[1]\n"
        "backbone.main(); print()\n"
        "assert worker.main(folder) == 0\n"
        "print(*sorted({'torch', 'torchvision', 'torch._dynamo', 'sklearn', 'scipy', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder.path)], capture_output=True, text=True, check=True)
    probed, loaded = done.stdout.splitlines()
    assert '"speed": {' in probed
    assert loaded == "torch"


PREPARED = """case "$*" in *--wait) read line && echo told || echo not needed;; esac"""
"""A worker that says whether it was told to train, then ends."""


def last_words(session: SessionFolder) -> str:
    deadline = time.monotonic() + 20
    while not (words := session.worker_log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return words


def test_a_prepared_worker_trains_once_it_is_told_to(
    session: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Interpreter(tmp_path, monkeypatch, PREPARED)
    prepared = processes.PreparedWorker(session)
    time.sleep(0.1)
    assert session.worker_log.read_text() == ""
    assert prepared.start() is True
    assert last_words(session) == "told\n"
    prepared.close()


def test_a_prepared_worker_that_is_not_needed_ends(
    session: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Interpreter(tmp_path, monkeypatch, PREPARED)
    processes.PreparedWorker(session).close()
    assert last_words(session) == "not needed\n"


def test_a_prepared_worker_ends_when_the_process_that_started_it_is_killed(
    session: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = os.fork()
    if child == 0:
        try:
            Interpreter(tmp_path, monkeypatch, PREPARED)
            worker_of_child = processes.PreparedWorker(session)
            os.kill(os.getpid(), signal.SIGKILL)
            worker_of_child.close()
        finally:
            os._exit(1)
    os.waitpid(child, 0)
    assert last_words(session) == "not needed\n"


def test_a_prepared_worker_that_was_killed_is_replaced(
    session: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[SessionFolder] = []
    monkeypatch.setattr(processes, "spawn", started.append)
    Interpreter(tmp_path, monkeypatch, "exit 137")
    with SessionService(session, write=True) as service:
        for sample in service.queue:
            service.decide(sample, Verdict("skip"))
        prepared = processes.PreparedWorker(session)
        prepared._process.wait()
        service.start_training(prepared)
    assert started == [session]


def test_a_prepared_worker_is_not_told_to_train_what_is_being_labeled(
    session: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Interpreter(tmp_path, monkeypatch, PREPARED)
    with SessionService(session, write=True) as service:
        service.start_training(processes.PreparedWorker(session))
    assert last_words(session) == "not needed\n"


@pytest.mark.parametrize(("line", "is_told"), [(b"\n", True), (b"", False)])
def test_the_worker_waits_for_a_line(line: bytes, is_told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line)))
    assert worker.wait() is is_told
