"""What a sweep asks of an engine. Everything else that tasks and sweep tell each other is in the files of the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from alc_tui.errors import AlcError


@dataclass(frozen=True)
class Task:
    """A module of this package to be run in a process of its own.

    words: its command line. log: the file of its output, in an existing folder. node: where to run it, None for
    anywhere. folder: where it works, None for the working folder of the process that starts it.
    """

    module: str
    words: tuple[str, ...]
    log: Path
    node: str | None = None
    folder: Path | None = None


class Phase(StrEnum):
    """How far a task is."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True)
class TaskState:
    """text: the node of a running task, why a task waits, or how it ended. is_lost: whether it ended for a reason that
    lies with its node or the scheduler, so that it should be submitted again. is_known: False if the scheduler does not
    answer, with this text."""

    phase: Phase
    text: str = ""
    is_lost: bool = False
    is_known: bool = True


class RefusedError(AlcError):
    """An engine does not take tasks."""


class Engine(Protocol):
    """outlives: whether its tasks go on without the process that submitted them. poll_seconds: how often to ask for
    states. lag_seconds: after which time everybody sees what a task has written."""

    name: str
    outlives: bool
    poll_seconds: float
    lag_seconds: float

    @property
    def at_once(self) -> int | None:
        """How many tasks may be submitted at a time, None for any number."""

    def nodes(self) -> Sequence[str]:
        """The names of the nodes to check before tasks are submitted; none for this machine."""

    def submit(self, tasks: Sequence[Task]) -> list[str]:
        """Start the tasks or queue them; returns an id for each. Raises RefusedError if the engine refuses one; then
        none goes on."""

    def states(self, ids: Collection[str]) -> Mapping[str, TaskState]:
        """The state of each task."""

    def cancel(self, ids: Collection[str]) -> None:
        """End the tasks; those that run write their last epochs to disk first."""
