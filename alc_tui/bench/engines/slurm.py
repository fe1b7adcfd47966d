"""Tasks as jobs of SLURM, submitted by submitit (extra `slurm`) as arrays."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alc_tui.bench.engines.child import Supervisor
from alc_tui.bench.engines.engine import RefusedError, Task, TaskState
from alc_tui.bench.engines.local import with_threads
from alc_tui.bench.engines.slurm_commands import array_size, ask, task_states, useful_nodes
from alc_tui.bench.engines.slurm_options import minutes_of
from alc_tui.errors import UsageError
from alc_tui.interpreter import module_environment

if TYPE_CHECKING:
    import submitit
    from submitit.core.utils import DelayedSubmission

MINUTES = 60
"""The time limit of a job without the option `time`. A job that reaches it is requeued and goes on."""
_TIMEOUTS = 100_000
_WHERE = ("account", "constraint", "partition", "qos", "reservation")
"""The options that tasks for a certain node have, which are small."""
_SETUP = [
    # Otherwise, a random.py of the user's in the working folder would replace Python's.
    "export PYTHONSAFEPATH=1",
    # Some versions of SLURM do not tell srun, by which submitit starts a task, how many processors its job has.
    'if [ -n "$SLURM_CPUS_PER_TASK" ]; then export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK; fi',
]
_CPUS = ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE")


@dataclass
class SlurmTask:
    """What a job does on its node. submitit calls `checkpoint` before a time limit, and then requeues the job."""

    task: Task
    _supervisor: Supervisor | None = field(default=None, repr=False)

    def __call__(self) -> None:
        """Run the task; the job has its exit code."""
        environment = module_environment()
        cpus = next((os.environ[name] for name in _CPUS if name in os.environ), None)
        self._supervisor = Supervisor(self.task, environment if cpus is None else with_threads(environment, int(cpus)))
        code = self._supervisor.run()
        if code:
            sys.exit(code if code > 0 else 128 - code)

    def checkpoint(self) -> DelayedSubmission:
        """Let the task write its last epoch; returns what the requeued job does."""
        from submitit.helpers import DelayedSubmission

        if self._supervisor is not None:
            self._supervisor.stop()
        return DelayedSubmission(SlurmTask(self.task))


class SlurmEngine:
    """Submits tasks, of which at most `parallel` run at a time. folder: for the files and the output of submitit.

    options: of sbatch, by their long names. cluster, query: replace SLURM in tests.
    """

    name = "slurm"
    at_once = None
    outlives = True
    poll_seconds = 5.0
    lag_seconds = 30.0

    def __init__(
        self,
        folder: Path,
        options: Mapping[str, str],
        parallel: int | None = None,
        *,
        cluster: str = "slurm",
        query: Callable[[Collection[str]], Mapping[str, TaskState]] | None = None,
    ) -> None:
        self._folder, self._options, self._parallel, self._cluster = folder.absolute(), options, parallel, cluster
        self._query = query or task_states
        self.jobs: list[submitit.Job[Any]] = []

    def nodes(self) -> Sequence[str]:
        """The nodes of the partition that could run a job."""
        return useful_nodes(self._options)

    def submit(self, tasks: Sequence[Task]) -> list[str]:
        """Submit arrays of tasks, each after the one before if only so many tasks run at a time."""
        jobs: list[submitit.Job[Any]] = []
        try:
            for chunk in _chunks(tasks, 1 if any(task.node for task in tasks) else array_size()):
                options = dict(self._options)
                if chunk[0].node is not None:
                    options = {name: options[name] for name in _WHERE if name in options}
                    options |= {"nodelist": chunk[0].node, "time": "5"}
                elif jobs and self._parallel is not None:
                    options["dependency"] = f"afterany:{jobs[-1].job_id.partition('_')[0]}"
                jobs += self._submit_array(chunk, options)
        except BaseException:
            self.cancel([job.job_id for job in jobs])
            raise
        self.jobs += jobs
        return [job.job_id for job in jobs]

    def states(self, ids: Collection[str]) -> Mapping[str, TaskState]:
        """The states as squeue and scontrol tell them."""
        return self._query(ids) if ids else {}

    def cancel(self, ids: Collection[str]) -> None:
        """Cancel the jobs. SLURM ends them at once; their last checkpoints are on disk."""
        for chunk in _chunks(list(ids), 500):
            ask("scancel", *chunk)

    def script(self, tasks: int) -> str:
        """The array of so many tasks as it would be submitted."""
        executor: Any = self._executor(tasks, self._options)._executor
        if tasks > 1:
            executor.parameters["map_count"] = tasks
        return str(executor._make_submission_file_text(executor._submitit_command_str, ""))

    def _submit_array(self, tasks: Sequence[Task], options: Mapping[str, str]) -> list[submitit.Job[Any]]:
        from submitit.core.utils import FailedJobError, FailedSubmissionError

        executor = self._executor(len(tasks), options)
        try:
            with executor.batch():
                jobs = [executor.submit(SlurmTask(task)) for task in tasks]
        except (FailedJobError, FailedSubmissionError) as error:
            reason = str(error).strip().splitlines()[-1]
            raise RefusedError(f"SLURM refused the jobs: {reason}; correct --slurm or [slurm] of the suite.") from error
        return jobs

    def _executor(self, tasks: int, options: Mapping[str, str]) -> submitit.AutoExecutor:
        try:
            executor: submitit.AutoExecutor = _submitit().AutoExecutor(
                self._folder, cluster=self._cluster, slurm_max_num_timeout=_TIMEOUTS
            )
        except RuntimeError as error:
            raise UsageError(
                "There is no srun on this machine; run this on a login node of your SLURM cluster."
            ) from error
        executor.update_parameters(
            name=f"alc-{self._folder.parent.name}",
            timeout_min=minutes_of(options.get("time", str(MINUTES))),
            slurm_array_parallelism=self._parallel or tasks,
            slurm_setup=_SETUP,
            slurm_additional_parameters={**options, "requeue": True},
        )
        return executor


def _submitit() -> Any:
    try:
        import submitit
    except ImportError as error:
        raise UsageError(
            "The engine slurm needs submitit, which is not installed; run `pip install 'alc-tui[slurm]'`."
        ) from error
    return submitit


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
