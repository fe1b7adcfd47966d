"""Makes the engine that the options of `alc bench run` ask for, and asks what becomes of its jobs after Ctrl-C."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from alc_tui.cli.output import print_message
from alc_tui.errors import UsageError
from alc_tui.session.settings.setting import check_choice
from alc_tui.text.format import counted

if TYPE_CHECKING:
    from alc_tui.bench.engines.engine import Engine
    from alc_tui.bench.engines.slurm import SlurmEngine
    from alc_tui.bench.sweep.files import SweepFolder
    from alc_tui.bench.sweep.plan import Job

LOCAL, SLURM, RAY = "local", "slurm", "ray"
ENGINES = (LOCAL, SLURM, RAY)


@dataclass(frozen=True)
class EngineOptions:
    """name: one of ENGINES. jobs: how many at a time, None if not specified. slurm: options of sbatch."""

    name: str
    jobs: int | None
    slurm: Mapping[str, str]
    ray_address: str | None

    @property
    def is_local(self) -> bool:
        """Whether this machine runs the jobs."""
        return self.name == LOCAL

    def script(self, folder: SweepFolder, jobs: Sequence[Job]) -> str | None:
        """The jobs as SLURM would get them, None for other engines."""
        return self.slurm_engine(folder).script(len(jobs)) if self.name == SLURM and jobs else None

    def slurm_engine(self, folder: SweepFolder) -> SlurmEngine:
        """The adapter of SLURM."""
        from alc_tui.bench.engines.slurm import SlurmEngine

        return SlurmEngine(folder.path / "slurm", self.slurm, self.jobs)


def engine_options(
    name: str | None,
    jobs: int | None,
    suite: Mapping[str, str],
    slurm: Sequence[str],
    ray_address: str | None,
    folder: SweepFolder,
) -> EngineOptions:
    """The options, checked. suite: the table [slurm] of the suite, which --slurm overrides one by one."""
    from alc_tui.bench.engines.slurm_options import parse_options

    given = parse_options(slurm)
    if name is not None:
        check_choice("engine", name, ENGINES)
    else:
        name = _engine_of_jobs(folder)
    for option, value, engine in (("--slurm", given, SLURM), ("--ray-address", ray_address, RAY)):
        if value and name != engine:
            raise UsageError(f"{option} is for the engine {engine}, not {name}; add --engine {engine}.")
    return EngineOptions(name, jobs, {**suite, **given}, ray_address)


def _engine_of_jobs(folder: SweepFolder) -> str:
    """The engine that jobs of the suite wait for or run on, else this machine."""
    from alc_tui.bench.engines.engine import Phase
    from alc_tui.bench.engines.slurm_commands import task_states
    from alc_tui.bench.sweep.files import Submission, load

    submissions = [load(Submission, job.submission) for job in folder.jobs()]
    ids = [each.id for each in submissions if each is not None and each.engine == SLURM]
    try:
        states = task_states(ids) if ids else {}
    except UsageError as error:
        raise UsageError(
            f"Jobs of {folder.path.name} were submitted to SLURM, whose commands are not on this machine; run this on "
            "a login node, or specify --engine local to run here what no other process does."
        ) from error
    if any(state.phase is not Phase.ENDED for state in states.values()):
        print_message(f"Jobs of {folder.path.name} are in the queue of SLURM and are followed (--engine slurm).")
        return SLURM
    return LOCAL


def prepare_engine(options: EngineOptions, folder: SweepFolder, jobs: Sequence[Job]) -> Engine:
    """The engine, after a check of its nodes; raises AlcError if one of them lacks the store or the data."""
    from alc_tui.bench.engines.local import LocalEngine
    from alc_tui.bench.engines.ray import RayEngine
    from alc_tui.bench.sweep import capacity

    if options.name == SLURM:
        engine = options.slurm_engine(folder)
        _check_nodes(engine, folder, jobs)
        return engine
    if options.name == RAY:
        ray_engine = RayEngine(options.ray_address, options.jobs)
        memory = _check_nodes(ray_engine, folder, jobs)
        if ray_engine.has_gpus:
            ray_engine.gpu_share = capacity.gpu_share(jobs, memory)
        ray_engine.check_threads()
        return ray_engine
    at_once, reason = capacity.limit_jobs(options.jobs or 1, jobs)
    if reason:
        print_message(reason)
    return LocalEngine(at_once)


def _check_nodes(engine: Engine, folder: SweepFolder, jobs: Sequence[Job]) -> int:
    """Check the nodes unless there is nothing to submit; returns the memory of the smallest GPU, 0 if unknown."""
    from alc_tui.bench.engines.nodes import check_nodes
    from alc_tui.bench.sweep.runner import running_jobs

    if len(running_jobs(jobs, folder, engine)) == len(jobs):
        return 0
    roots = {path for job in jobs for path in job.data if path.exists()}
    answers = check_nodes(engine, folder.path, roots)
    unchecked = [node for node, answer in answers.items() if answer is None]
    if unchecked:
        print_message(
            f"{counted(len(unchecked), 'node')} did not answer in time, or the check was refused, and will be used "
            f"unchecked: {', '.join(unchecked)}."
        )
    return min((each.gpu_memory for each in answers.values() if each is not None and each.gpu_memory), default=0)


def confirm_cancel(suite: str) -> Callable[[int], bool]:
    """What asks, after Ctrl-C, whether to cancel jobs that would go on; without a terminal, they do."""

    def confirm(jobs: int) -> bool:
        print_message("")
        what = counted(jobs, "job")
        if sys.stdin.isatty() and sys.stderr.isatty():
            try:
                if typer.confirm(f"Cancel {what}? Otherwise they go on.", default=False, err=True):
                    print_message(f"Cancelled; `alc bench run {suite}` resumes from the last checkpoints.")
                    return True
            except (typer.Abort, KeyboardInterrupt):
                print_message("")
        print_message(
            f"{what} left to SLURM; `alc bench run {suite}` follows what runs, `alc bench status {suite}` lists it."
        )
        return False

    return confirm
