"""Tasks as processes of this machine, each with its share of the cores."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Mapping, Sequence

from alc_tui.bench.engines.child import start_child, stop_children
from alc_tui.bench.engines.engine import Phase, Task, TaskState
from alc_tui.cores import THREADS_VARIABLE, available_cores
from alc_tui.interpreter import module_environment
from alc_tui.parent import outcome

THREADS = (THREADS_VARIABLE, "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class LocalEngine:
    """Runs up to `at_once` tasks at a time, which end with this process."""

    name = "local"
    outlives = False
    poll_seconds = 0.1
    lag_seconds = 0.0

    def __init__(self, at_once: int) -> None:
        self.at_once: int | None = at_once
        self._environment = share_of_cores(module_environment(), at_once)
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def nodes(self) -> Sequence[str]:
        """None: this machine is the one that asks."""
        return ()

    def submit(self, tasks: Sequence[Task]) -> list[str]:
        """Start the processes; returns their ids."""
        children = [start_child(task, self._environment) for task in tasks]
        self._children |= {str(child.pid): child for child in children}
        return [str(child.pid) for child in children]

    def states(self, ids: Collection[str]) -> Mapping[str, TaskState]:
        """The states of the processes."""
        return {each: _state(self._children[each].poll()) for each in ids}

    def cancel(self, ids: Collection[str]) -> None:
        """Stop the processes and wait for them."""
        stop_children(self._children[each] for each in ids)


def share_of_cores(environment: Mapping[str, str], at_once: int) -> dict[str, str]:
    """The environment of one of `at_once` processes: each has its share of the cores, or fewer if `environment` says
    so. A single process gets the environment unchanged."""
    if at_once == 1:
        return dict(environment)
    return with_threads(environment, max(1, available_cores() // at_once))


def with_threads(environment: Mapping[str, str], threads: int) -> dict[str, str]:
    """The environment of a process that computes with so many threads, or fewer if `environment` says so."""
    limits = [int(environment[name]) for name in THREADS if environment.get(name, "").isdecimal()]
    return {**environment, **dict.fromkeys(THREADS, str(max(1, min([threads, *limits]))))}


def _state(code: int | None) -> TaskState:
    if code is None:
        return TaskState(Phase.RUNNING)
    return TaskState(Phase.ENDED, f"{outcome(code)}, possibly out of memory")
