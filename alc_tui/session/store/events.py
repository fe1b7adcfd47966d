"""The worker's progress as typed events in `events.jsonl`: one writer, any number of readers."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alc_tui.session.store import jsonl
from alc_tui.session.store.typed_json import as_json, decode, parse


def _losses(values: object) -> tuple[float, ...]:
    """Losses, which are not finite where a training diverges."""
    if not isinstance(values, list | tuple):
        raise TypeError(f"expected a list, found {values!r:.80}")
    return tuple(map(float, values))


@dataclass(frozen=True)
class Started:
    """A worker began or resumed a phase; round 0 is LNL. epoch: epochs already done, 0 unless it was resumed. estimate:
    seconds of the whole phase, as estimated when the session was made, None if unknown; is_uncertain: the machine was
    busy then."""

    round: int
    epoch: int
    epochs: int
    device: str
    samples: int
    pid: int
    estimate: float | None = None
    is_uncertain: bool = False


@dataclass(frozen=True)
class Step:
    """Progress of work outside the epochs, such as decoding images: `done` of `total` (0 if unknown)."""

    what: str
    done: int
    total: int


@dataclass(frozen=True)
class Position:
    """A place within an epoch: a pass over the data is through `done` of its `total` samples. epoch: finished epochs.
    seconds: since the epoch began."""

    round: int
    epoch: int
    done: int
    total: int
    seconds: float


@dataclass(frozen=True)
class Epoch:
    """An epoch has finished. kept: share of each given class that peer 1 selected. selection_precision: share of these
    samples whose labels are correct, None if the truth is unknown. eta: seconds to the end of the phase."""

    round: int
    epoch: int
    epochs: int
    losses: tuple[float, ...] = field(metadata=as_json(list, _losses))
    forget_rate: float
    validation_macro_f1: float
    kept: tuple[float, ...] | None
    selection_precision: float | None
    seconds: float
    eta: float


@dataclass(frozen=True)
class Notice:
    """A message for the user."""

    text: str


@dataclass(frozen=True)
class RoundFinished:
    """A round is finished: its record is in the document."""

    round: int
    macro_f1_best: float
    macro_f1_last: float


@dataclass(frozen=True)
class Stopped:
    """The worker stopped on request; the next one resumes from `epoch`."""

    round: int
    epoch: int


@dataclass(frozen=True)
class Failed:
    """The worker failed."""

    text: str
    exit_code: int


Event = Started | Step | Position | Epoch | Notice | RoundFinished | Stopped | Failed
_BY_NAME: dict[str, type[Event]] = {
    kind.__name__: kind for kind in (Started, Step, Position, Epoch, Notice, RoundFinished, Stopped, Failed)
}


class EventLog:
    """Writes events, one JSON object per line. last: the last event it wrote."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.last: Event | None = None

    def write(self, event: Event) -> None:
        """Append an event without fsync; a crash may lose the most recent events.

        An event that cannot be written is dropped: it only reports progress, and must not end what it reports on.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        record = {"event": type(event).__name__, "at": now, **asdict(event)}
        with suppress(OSError):
            jsonl.append(self._path, [record], sync=False, allow_nan=True)
        self.last = event


class EventReader:
    """Reads the events of a session, from the beginning or from now on."""

    def __init__(self, path: Path, from_now: bool = False) -> None:
        self._path, self._offset = path, 0
        if from_now:
            self.poll()  # up to the last whole line: the next event replaces a torn one

    def poll(self) -> list[Event]:
        """The events written since the last call; none while the file cannot be read. Invalid lines are skipped."""
        return [event for _, event in self.poll_timed()]

    def poll_timed(self) -> list[tuple[datetime | None, Event]]:
        """`poll`, each event with the time it was written, None if the line has none."""
        try:
            lines, _ = jsonl.read(self._path, self._offset)
        except OSError:
            return []
        self._offset += sum(len(line) + 1 for line in lines)
        parsed = map(_parse, lines)
        return [event for event in parsed if event is not None]


def finish_times(path: Path) -> dict[int, datetime]:
    """When each round was finished, as far as the events tell."""
    events = EventReader(path).poll_timed()
    finished = ((event.round, at) for at, event in events if isinstance(event, RoundFinished))
    return {number: at.astimezone(UTC) for number, at in finished if at is not None}


def last_event(path: Path) -> Event | None:
    """The last event of a session, None if there is none."""
    events = EventReader(path).poll()
    return events[-1] if events else None


def last_failure(path: Path) -> Failed | None:
    """The failure of the last worker, None if it did not fail."""
    last = last_event(path)
    return last if isinstance(last, Failed) else None


def last_progress(path: Path) -> tuple[int, int]:
    """The current round and the number of its finished epochs."""
    for event in reversed(EventReader(path).poll()):
        if isinstance(event, RoundFinished):
            return event.round + 1, 0
        if isinstance(event, Started | Epoch | Stopped):
            return event.round, event.epoch
    return 0, 0


def _parse(line: bytes) -> tuple[datetime | None, Event] | None:
    try:
        values: dict[str, Any] = parse(line)
        at = values.get("at")
        return (None if at is None else datetime.fromisoformat(at)), decode(_BY_NAME[values["event"]], values)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
