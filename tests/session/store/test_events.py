from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alc_tui.session.store.events import (
    Epoch,
    Event,
    EventLog,
    EventReader,
    Failed,
    Notice,
    RoundFinished,
    Started,
    Step,
    Stopped,
    last_failure,
    last_progress,
)

STARTED = Started(0, 0, 3, "cpu", 50, 4711)
EPOCH = Epoch(0, 1, 3, (1.0, 1.5), 0.4, 0.5, (0.5, 0.25), None, 2.0, 4.0)
ALL: list[Event] = [
    STARTED,
    Step("decoding images", 3, 72),
    EPOCH,
    Notice("a\nb \x1b[31m"),
    Stopped(0, 1),
    Failed("No.", 4),
    RoundFinished(0, 0.5, 0.4),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def write(path: Path, *events: Event) -> None:
    log = EventLog(path)
    for event in events:
        log.write(event)


def test_every_event_is_read_as_it_was_written(path: Path) -> None:
    write(path, *ALL)
    assert EventReader(path).poll() == ALL
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["event"] for line in lines] == [type(event).__name__ for event in ALL]
    assert all(line["at"].endswith("+00:00") for line in lines)


def test_events_tell_when_they_were_written(path: Path) -> None:
    before = datetime.now(UTC)
    write(path, STARTED)
    with path.open("a") as file:
        file.write(json.dumps({"event": "Notice", "text": "no time"}) + "\n")
    (at, first), (no_time, second) = EventReader(path).poll_timed()
    assert (first, second, no_time) == (STARTED, Notice("no time"), None)
    assert at is not None
    assert timedelta(milliseconds=-1) <= at - before < timedelta(minutes=1)


def test_a_reader_hears_of_each_event_once(path: Path) -> None:
    reader = EventReader(path)
    assert reader.poll() == []
    write(path, STARTED)
    assert reader.poll() == [STARTED]
    assert reader.poll() == []
    write(path, EPOCH, Stopped(0, 1))
    assert reader.poll() == [EPOCH, Stopped(0, 1)]


def test_any_number_of_readers_follow_from_the_beginning_or_from_now(path: Path) -> None:
    write(path, STARTED)
    early, late = EventReader(path), EventReader(path, from_now=True)
    write(path, EPOCH)
    assert early.poll() == [STARTED, EPOCH]
    assert late.poll() == [EPOCH]
    assert EventReader(path.with_name("none"), from_now=True).poll() == []


@pytest.mark.parametrize("torn", ['{"event": "Epo', "x" * 1000])
def test_a_reader_from_now_gets_the_event_that_replaces_a_torn_line(path: Path, torn: str) -> None:
    write(path, STARTED)
    with path.open("a") as file:
        file.write(torn)
    reader = EventReader(path, from_now=True)
    write(path, Failed("No.", 4))
    assert reader.poll() == [Failed("No.", 4)]


def test_half_a_line_waits_until_it_is_whole(path: Path) -> None:
    write(path, STARTED, EPOCH)
    whole = path.read_bytes()
    reader = EventReader(path)
    path.write_bytes(whole[:-10])
    assert reader.poll() == [STARTED]
    path.write_bytes(whole)
    assert reader.poll() == [EPOCH]


@pytest.mark.parametrize(
    "damaged", [b"{", b"7", b'"x"', b"[1]", b"null", b'{"event": "Unknown"}', b"\xff\x00", b"", b"[" * 100_000]
)
def test_a_line_that_cannot_be_read_is_passed_over(path: Path, damaged: bytes) -> None:
    write(path, STARTED)
    with path.open("ab") as file:
        file.write(damaged + b"\n")
    write(path, EPOCH)
    assert EventReader(path).poll() == [STARTED, EPOCH]


def test_losses_of_a_training_that_diverges_are_shown(path: Path) -> None:
    write(path, replace(EPOCH, losses=(float("nan"), float("inf"))))
    (event,) = EventReader(path).poll()
    assert isinstance(event, Epoch) and math.isnan(event.losses[0]) and event.losses[1] == math.inf


def test_after_a_torn_line_the_next_event_is_whole(path: Path) -> None:
    write(path, STARTED, EPOCH)
    path.write_bytes(path.read_bytes()[:-10])
    write(path, Stopped(0, 1))
    assert EventReader(path).poll() == [STARTED, Stopped(0, 1)]


def test_a_failure_counts_only_while_nothing_came_after_it(path: Path) -> None:
    assert last_failure(path) is None
    write(path, STARTED, Failed("No memory.", 4))
    assert last_failure(path) == Failed("No memory.", 4)
    write(path, STARTED)
    assert last_failure(path) is None


@pytest.mark.parametrize(
    ("events", "place"),
    [
        ([], (0, 0)),
        ([STARTED], (0, 0)),
        ([STARTED, EPOCH, Notice("…")], (0, 1)),
        ([STARTED, EPOCH, Stopped(0, 2)], (0, 2)),
        ([STARTED, EPOCH, RoundFinished(0, 0.5, 0.5), Step("decoding images", 1, 2)], (1, 0)),
        ([RoundFinished(0, 0.5, 0.5), Started(1, 4, 25, "cpu", 50, 1)], (1, 4)),
    ],
)
def test_events_tell_how_far_the_training_is(path: Path, events: list[Event], place: tuple[int, int]) -> None:
    write(path, *events)
    assert last_progress(path) == place


def test_an_event_that_cannot_be_written_is_dropped_and_one_that_cannot_be_read_is_awaited(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.mkdir()
    log, reader = EventLog(path), EventReader(path)
    log.write(Notice("lost"))
    assert log.last == Notice("lost") and reader.poll() == []
    path.rmdir()
    log.write(Notice("seen"))
    assert reader.poll() == [Notice("seen")]
