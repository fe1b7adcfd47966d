"""Tasks as tasks of Ray (extra `ray`), each with its part of a GPU. If its node dies, Ray starts a task on another."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from alc_tui.bench.engines.child import STOP_SECONDS, Supervisor
from alc_tui.bench.engines.engine import Phase, Task, TaskState
from alc_tui.bench.engines.local import with_threads
from alc_tui.cores import THREADS_VARIABLE, wanted_threads
from alc_tui.errors import AlcError, UsageError
from alc_tui.interpreter import module_environment
from alc_tui.parent import outcome

_ALWAYS = -1
"""Retries without end: they count those of a task whose node or worker died, not those of one that failed."""


class RayEngine:
    """Has a Ray cluster run tasks. address: of the cluster, None for `RAY_ADDRESS`, else a new one on this machine.

    parallel: how many tasks may run at a time, None for as many as the cluster has room for. gpu_share: the part of a
    GPU that each needs.
    """

    name = "ray"
    outlives = False
    poll_seconds = 0.5
    lag_seconds = 5.0

    def __init__(self, address: str | None = None, parallel: int | None = None, gpu_share: float = 0.0) -> None:
        self._ray, self._parallel, self.gpu_share = _connect(address), parallel, gpu_share
        self._threads = wanted_threads()
        self._references: dict[str, Any] = {}

    def check_threads(self) -> None:
        """Raise UsageError if a task asks for more processors than any node has that has the GPU which it needs, so
        that it would wait forever. Nodes without processors are ignored: those that work may join later."""
        resources = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        largest = max((each.get("CPU", 0) for each in resources if each.get("GPU", 0) >= self.gpu_share), default=0)
        if 0 < largest < self._threads:
            node = "node with a GPU" if self.gpu_share else "node"
            raise UsageError(
                f"{THREADS_VARIABLE} is {self._threads}, but no {node} of the Ray cluster has more than {largest:g} "
                f"processors; set it to {largest:g} or fewer."
            )

    @property
    def at_once(self) -> int | None:
        """Twice as many tasks as there is room for, so that Ray always has one to start."""
        resources = self._ray.cluster_resources()
        room = resources.get("CPU", 0) / self._threads
        if self.gpu_share:
            room = min(room, resources.get("GPU", 0) / self.gpu_share)
        return self._parallel or max(1, 2 * int(room))

    @property
    def has_gpus(self) -> bool:
        """Whether a node of the cluster has a GPU."""
        return bool(self._ray.cluster_resources().get("GPU", 0))

    def nodes(self) -> Sequence[str]:
        """The names of the nodes that live."""
        return list(self._node_ids())

    def submit(self, tasks: Sequence[Task]) -> list[str]:
        """Submit the tasks; those for a node are given up if it dies."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        ids, folder = [], Path.cwd()
        variables = {name: value for name, value in os.environ.items() if name.startswith("ALC_")}
        for task in tasks:
            options: dict[str, Any] = {"num_cpus": self._threads, "num_gpus": self.gpu_share, "max_retries": _ALWAYS}
            if task.node is not None:
                affinity = NodeAffinitySchedulingStrategy(self._node_ids()[task.node], soft=False)
                options = {"num_cpus": 0, "max_retries": 0, "scheduling_strategy": affinity}
            reference = self._ray.remote(**options)(run_task).remote(
                replace(task, folder=folder), self._threads, variables
            )
            ids.append(reference.hex())
            self._references[ids[-1]] = reference
        return ids

    def states(self, ids: Collection[str]) -> Mapping[str, TaskState]:
        """Ended or not: Ray does not tell whether a task waits."""
        references = [self._references[each] for each in ids]
        if not references:
            return {}
        ended, _ = self._ray.wait(references, num_returns=len(references), timeout=0)
        names = {reference.hex() for reference in ended}
        return {each: self._ended(each) if each in names else TaskState(Phase.RUNNING) for each in ids}

    def cancel(self, ids: Collection[str]) -> None:
        """Interrupt the tasks and wait for them; what does not end is killed."""
        for is_forced in (False, True):
            references = [self._references[each] for each in ids]
            _, alive = self._ray.wait(references, num_returns=len(references), timeout=0) if references else ([], [])
            for reference in alive:
                self._ray.cancel(reference, force=is_forced)
            if alive:
                self._ray.wait(alive, num_returns=len(alive), timeout=STOP_SECONDS)

    def _ended(self, id_: str) -> TaskState:
        from ray.exceptions import RayError

        try:
            code = self._ray.get(self._references[id_])
        except (RayError, OSError) as error:
            return TaskState(Phase.ENDED, f"with {type(error).__name__}: {str(error).strip().splitlines()[-1]}")
        return TaskState(Phase.ENDED, f"{outcome(code)}, possibly out of memory")

    def _node_ids(self) -> dict[str, str]:
        """The ids of the nodes that live, by names that differ."""
        alive = [node for node in self._ray.nodes() if node["Alive"]]
        names = [node["NodeManagerHostname"] for node in alive]
        return {
            name if names.count(name) == 1 else f"{name}-{node['NodeID'][:8]}": node["NodeID"]
            for name, node in zip(names, alive, strict=True)
        }


def run_task(task: Task, threads: int, variables: Mapping[str, str]) -> int:
    """Run the task on the node where Ray calls this; returns its return code.

    variables: those of the environment of the process that submitted it. Raises FileNotFoundError if the node does not
    have its working folder.
    """
    if task.folder is not None and not task.folder.is_dir():
        raise FileNotFoundError(f"the working folder {task.folder} is not on the node; use one that all nodes share")
    return Supervisor(task, with_threads(module_environment({**os.environ, **variables}), threads)).run()


def _connect(address: str | None) -> Any:
    try:
        import ray
    except ImportError as error:
        raise UsageError(
            "The engine ray needs ray, which is not installed; run `pip install 'alc-tui[ray]'`."
        ) from error
    try:
        if not ray.is_initialized():
            # Without an address, Ray would first look for a cluster that was started on this machine.
            where = address or os.environ.get("RAY_ADDRESS") or "local"
            ray.init(address=where, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        reason = str(error).strip().splitlines()[0].partition(". ")[0]
        raise AlcError(
            f"Ray cannot be reached: {reason}; check --ray-address and the cluster's token in RAY_AUTH_TOKEN or "
            "~/.ray/auth_token, or start Ray with `ray start`."
        ) from error
    return ray
