from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from alc_tui.cli.follow import Printer, follow
from alc_tui.errors import AlcError, TrainingFailed, UsageError
from alc_tui.session.store.events import (
    Epoch,
    Event,
    EventLog,
    EventReader,
    Failed,
    Notice,
    Position,
    RoundFinished,
    Started,
    Step,
    Stopped,
)
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.lock import WriterLock
from alc_tui.text.events import line

STARTED = Started(0, 0, 3, "cpu (2 cores)", 1200, 1)
EPOCH = Epoch(0, 1, 3, (1.0, 1.25), 0.4, 0.5, (0.5, 1.0), 0.75, 2.0, 65.0)
FINISHED = RoundFinished(0, 0.5556, 0.4)


def told(tmp_path: Path, capsys: pytest.CaptureFixture[str], *events: Event) -> list[str]:
    """The lines of a worker that did this and is gone."""
    folder = SessionFolder(tmp_path)
    log = EventLog(folder.events)
    for event in events:
        log.write(event)
    try:
        follow(folder, EventReader(folder.events))
    finally:
        out, err = capsys.readouterr()
        assert out == ""
    return err.splitlines()


def test_a_training_is_told_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(tmp_path, capsys, STARTED, EPOCH, FINISHED) == [
        "LNL: 1,200 samples, 3 epochs on cpu (2 cores)",
        "  epoch   1 of 3  loss 1.000 / 1.250  val macro-F1 0.500  kept % by class 50 100  precision 0.750  "
        "1 min 05 s to go",
        "LNL done: macro-F1 best 0.556, last 0.400",
    ]


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Started(2, 4, 25, "cpu", 50, 1), "Round 2: 50 samples, 25 epochs on cpu, continued after epoch 4"),
        (Stopped(0, 7), "LNL stopped after epoch 7"),
        (Notice("CUDA out of memory."), "CUDA out of memory."),
        (Step("decoding images", 5, 1000), "decoding images: 5 of 1,000"),
        (
            Epoch(1, 2, 3, (1.0,), 0.0, 0.5, None, None, 2.0, 0.0),
            "  epoch   2 of 3  loss 1.000  val macro-F1 0.500  0 s to go",
        ),
    ],
)
def test_every_event_has_a_line(event: Event, text: str) -> None:
    assert line(event) == text


def test_steps_are_told_at_their_beginning_and_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [Step("decoding images", done, 9) for done in range(1, 10)]
    lines = told(tmp_path, capsys, *steps, FINISHED)
    assert lines[:-1] == ["  decoding images: 1 of 9", "  decoding images: 9 of 9"]


def test_a_long_epoch_is_told_once_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    printer = Printer(clock=lambda: now)
    printer.show(STARTED)
    for seconds in range(0, 150, 10):
        now = float(seconds)
        printer.show(Position(0, 0, 10 * seconds, 1500, float(seconds)))
    assert capsys.readouterr().err.splitlines()[1:] == [
        "  LNL, samples of epoch 1: 600 of 1,500",
        "  LNL, samples of epoch 1: 1,200 of 1,500",
    ]


def test_a_stopped_training_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(tmp_path, capsys, STARTED, Stopped(0, 0))[-1] == "LNL stopped after epoch 0"


@pytest.mark.parametrize(("code", "kind"), [(1, AlcError), (2, UsageError), (4, TrainingFailed), (9, TrainingFailed)])
def test_a_failure_is_raised_and_not_said_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], code: int, kind: type[AlcError]
) -> None:
    with pytest.raises(kind, match=r"^The loss is not finite\.$"):
        told(tmp_path, capsys, STARTED, Failed("The loss is not finite.", code))
    folder = SessionFolder(tmp_path)
    with pytest.raises(kind):
        follow(folder, EventReader(folder.events))
    assert "finite" not in capsys.readouterr().err


def test_a_failure_that_was_overcome_is_told_and_not_raised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(tmp_path, capsys, STARTED, Failed("No room.", 4), STARTED, FINISHED)
    assert lines[1] == "No room." and lines[-1].startswith("LNL done")


@pytest.mark.parametrize("events", [(), (STARTED,), (STARTED, EPOCH)])
def test_a_killed_worker_is_a_failed_training_that_can_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], events: tuple[Event, ...]
) -> None:
    with pytest.raises(TrainingFailed) as caught:
        told(tmp_path, capsys, *events)
    assert "ended unexpectedly" in str(caught.value) and "worker.log" in str(caught.value)
    assert f"continue from its last epoch with `alc session train {tmp_path.name}`" in str(caught.value)


def test_a_worker_is_followed_until_it_lets_go_of_its_lock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = SessionFolder(tmp_path)
    lock, log = WriterLock(folder.worker_lock, "training"), EventLog(folder.events)
    lock.acquire()

    def work() -> None:
        for event in (STARTED, EPOCH, FINISHED):
            time.sleep(0.05)
            log.write(event)
        lock.release()

    worker = threading.Thread(target=work)
    worker.start()
    follow(folder, EventReader(folder.events))
    worker.join()
    assert len(capsys.readouterr().err.splitlines()) == 3
