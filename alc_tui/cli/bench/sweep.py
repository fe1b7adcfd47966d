"""`alc bench run` and `alc bench status`: have an engine do the runs of a suite, and show how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from alc_tui.cli.bench.engines import ENGINES, confirm_cancel, engine_options, prepare_engine
from alc_tui.cli.bench.output import (
    DecodingCounters,
    StatusLine,
    describe,
    print_failures,
    print_jobs,
    print_plan,
)
from alc_tui.cli.completion import one_of
from alc_tui.cli.options import DataRoot, Json, Store, flag, of_setting
from alc_tui.cli.output import print_json, print_message
from alc_tui.data.paths import location
from alc_tui.errors import AlcError
from alc_tui.session.store.folder import store_path

if TYPE_CHECKING:
    from alc_tui.bench.suites import Run
    from alc_tui.bench.sweep.files import SweepFolder

SuiteName = Annotated[str, typer.Argument(metavar="SUITE", help="demo, isic-paper, nct-paper, or a FILE.toml.")]
ENGINE = "Engine"


def run(
    suite: SuiteName,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="JOBS",
            min=1,
            help="Number of jobs to run in parallel; on this machine, each gets its share of the cores.",
            show_default="1; on a cluster, as many as it runs",
        ),
    ] = None,
    dry_run: Annotated[bool, flag("--dry-run", "List the runs and their estimated time.")] = False,
    device: Annotated[str | None, of_setting("device")] = None,
    data_root: DataRoot = None,
    engine: Annotated[
        str | None,
        typer.Option(
            metavar="ENGINE",
            help="What runs the jobs: local, this machine; slurm (extra `slurm`); ray (extra `ray`).",
            show_default="where jobs of the suite run already, else local",
            autocompletion=one_of(ENGINES),
            rich_help_panel=ENGINE,
        ),
    ] = None,
    slurm: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE,…",
            help="Options of sbatch, such as partition=gpu,gpus=1,time=4:00:00,account=lab.",
            show_default="[slurm] of the suite",
            rich_help_panel=ENGINE,
        ),
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="The Ray cluster, such as auto or head:6379.",
            show_default="RAY_ADDRESS, else Ray on this machine alone",
            rich_help_panel=ENGINE,
        ),
    ] = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """Run all parts of a suite that have no result yet; after an interruption, the same command resumes."""
    from alc_tui.bench import suites
    from alc_tui.bench.sweep import runner
    from alc_tui.bench.sweep.files import sweep_folder
    from alc_tui.bench.sweep.plan import check_weights, plan_sweep
    from alc_tui.bench.sweep.progress import SweepProgress
    from alc_tui.session.create import check_writable

    bench_suite = suites.find_suite(suite)
    root = None if data_root is None else str(location(data_root).absolute())
    runs = [each.at(device=device, data_root=root) for each in bench_suite.runs]
    folder = sweep_folder(store_path(store), bench_suite.name)
    check_weights(runs, folder)
    options = engine_options(engine, jobs, bench_suite.slurm, slurm or (), ray_address, folder)
    if dry_run:
        done = _done(folder, runs)
        plan = plan_sweep(runs, done, DecodingCounters(), is_local=options.is_local)
        print_plan(bench_suite, plan, len(done), json, options.script(folder, plan.jobs))
        return
    check_writable(store_path(store))
    with runner.locked(folder):
        done = _done(folder, runs)
        plan = plan_sweep(runs, done, DecodingCounters(), is_local=options.is_local)
        print_failures(plan.failures, "cannot be run")
        chosen = prepare_engine(options, folder, plan.jobs)
        progress = SweepProgress(
            plan.jobs,
            done=len(done),
            total=len(runs),
            failed=len(plan.failures),
            at_once=chosen.at_once or jobs or max(1, len(plan.jobs)),
        )
        line = StatusLine()
        line.show(progress.status())
        try:
            failed = runner.run_jobs(plan.jobs, folder, chosen, progress, line.show, cancels=confirm_cancel(suite))
        except KeyboardInterrupt:
            if not chosen.outlives:
                print_message("")
                print_message("Interrupted; run the same command to resume from the last finished epochs.")
            raise
    failures = plan.failures + failed
    if json:
        print_json(
            {
                "suite": bench_suite.name,
                "runs": len(runs),
                "done": progress.status().done,
                "results": str(folder.results),
                "failed": [{"id": each.run.id, "run": describe(each.run), "error": each.reason} for each in failures],
            }
        )
    print_failures(failed, "failed")
    if failures:
        first = failures[0]
        raise AlcError(
            f"{len(failures)} of {len(runs)} runs of {bench_suite.name} failed (the first is {describe(first.run)}: "
            f"{first.reason.rstrip('.')}); correct that, then run `alc bench run {suite}` again."
        )
    print_message(f"All {len(runs)} runs of {bench_suite.name} are done; `alc bench report {suite}` shows the results.")


def status(suite: SuiteName, store: Store = None, json: Json = False) -> None:
    """Show how far a suite is: its finished runs, and each job that waits, runs, or failed, whatever runs it."""
    from alc_tui.bench import suites
    from alc_tui.bench.sweep.files import sweep_folder
    from alc_tui.bench.sweep.status import read_jobs

    bench_suite = suites.find_suite(suite)
    folder = sweep_folder(store_path(store), bench_suite.name)
    done = _done(folder, bench_suite.runs)
    print_jobs(bench_suite, read_jobs(folder, bench_suite.runs, done), len(done), json)


def _done(folder: SweepFolder, runs: Sequence[Run]) -> set[str]:
    """The ids of the runs that have a result."""
    from alc_tui.bench import results

    stored, notices = results.read(folder.results)
    for notice in notices:
        print_message(notice)
    return {result.id for result in stored} & {run.id for run in runs}
