"""`alc bench`: run a suite of sessions with an oracle, report on its results, and plot them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alc_tui.cli.bench.output import DecodingCounters, StatusLine, describe, print_failures, print_plan
from alc_tui.cli.completion import one_of
from alc_tui.cli.options import OUTPUT, DataRoot, Json, Store, flag, of_setting, show_help
from alc_tui.cli.output import print_data, print_json, print_message
from alc_tui.errors import AlcError, UsageError
from alc_tui.session.settings.setting import check_choice
from alc_tui.session.store.folder import store_path

if TYPE_CHECKING:
    from alc_tui.bench.result_sets import ResultSet
    from alc_tui.bench.results import RunResult

app = typer.Typer(
    help="Benchmarks: compare methods across seeds, with an oracle that knows the truth.",
    callback=show_help,
    invoke_without_command=True,
    rich_markup_mode="rich",
)

SuiteName = Annotated[str, typer.Argument(metavar="SUITE", help="demo, isic-paper, nct-paper, or a FILE.toml.")]
ResultsName = Annotated[
    str, typer.Argument(metavar="SUITE", help="A suite that has been run, or a results file, FILE.jsonl.")
]
CHART_HEIGHT = 20
FORMAT_NAMES = ("text", "markdown", "csv", "json", "latex")
TABLE_NAMES = ("summary", "rounds", "differences", "rare", "selection", "ledger", "seconds")


@app.command()
def run(
    suite: SuiteName,
    jobs: Annotated[
        int,
        typer.Option(
            metavar="JOBS", min=1, help="Number of jobs to run in parallel; each gets its share of the cores."
        ),
    ] = 1,
    dry_run: Annotated[bool, flag("--dry-run", "List the runs and their estimated time.")] = False,
    device: Annotated[str | None, of_setting("device")] = None,
    data_root: DataRoot = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """Run all parts of a suite that have no result yet; after an interruption, the same command resumes."""
    from alc_tui.bench import suites
    from alc_tui.bench.engines.local import LocalEngine
    from alc_tui.bench.sweep import capacity, runner
    from alc_tui.bench.sweep.files import sweep_folder
    from alc_tui.bench.sweep.plan import plan_sweep
    from alc_tui.bench.sweep.progress import SweepProgress
    from alc_tui.session.create import check_writable

    bench_suite = suites.find_suite(suite)
    root = None if data_root is None else str(data_root.absolute())
    runs = [each.at(device=device, data_root=root) for each in bench_suite.runs]
    ids = {each.id for each in runs}
    folder = sweep_folder(store_path(store), bench_suite.name)
    if dry_run:
        done = {result.id for result in _read(folder.results)} & ids
        print_plan(bench_suite, plan_sweep(runs, done, DecodingCounters()), len(done), json)
        return
    check_writable(store_path(store))
    with runner.locked(folder):
        done = {result.id for result in _read(folder.results)} & ids
        plan = plan_sweep(runs, done, DecodingCounters())
        at_once, reason = capacity.limit_jobs(jobs, plan.jobs)
        if reason:
            print_message(reason)
        print_failures(plan.failures, "cannot be run")
        progress = SweepProgress(plan.jobs, done=len(done), total=len(runs), failed=len(plan.failures), at_once=at_once)
        line = StatusLine()
        line.show(progress.status())
        try:
            failed = runner.run_jobs(plan.jobs, folder, LocalEngine(at_once), progress, line.show)
        except KeyboardInterrupt:
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


@app.command()
def report(
    suite: ResultsName,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="text or json; with the extra `report` also markdown, csv or latex.",
            autocompletion=one_of(FORMAT_NAMES),
            rich_help_panel=OUTPUT,
        ),
    ] = "text",
    only: Annotated[
        str | None,
        typer.Option(
            "--table",
            metavar="TABLE",
            help=f"Print only one table: {', '.join(TABLE_NAMES)}.",
            show_default="all tables",
            autocompletion=one_of(TABLE_NAMES),
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="File to write.", show_default="stdout", rich_help_panel=OUTPUT),
    ] = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """Print the results of a suite as tables, with means over seeds, confidence intervals, and significance tests."""
    from alc_tui.bench.report.rendering import render
    from alc_tui.bench.report.sections import sections

    format_ = "json" if json else format_
    check_choice("format", format_, FORMAT_NAMES)
    if only is not None:
        check_choice("table", only, TABLE_NAMES)
    result_set = _find_results(suite, store)
    tables = sections(result_set.results, result_set.published, only)
    if not tables:
        raise UsageError(f"The results of {result_set.name} contain no data for the table {only}; omit --table.")
    # The width of the terminal, or COLUMNS; in a pipe or a file, lines may have any length.
    width = shutil.get_terminal_size((0, 0)).columns if to is None else 0
    text = render(tables, result_set.name, format_, width or None)
    if to is None:
        print_data(text)
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(text + "\n", encoding="utf-8")
    print_message(f"Wrote {to}.")


@app.command()
def plot(
    suite: ResultsName,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="FOLDER",
            help="Folder for the figures.",
            show_default="STORE/bench/SUITE/plots; for a results file, ./plots",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    terminal: Annotated[bool, flag("--terminal", "Draw the plots in the terminal, as text.", OUTPUT)] = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Draw macro-F1 against labels decided, guess % per class and F1 per class, as PNG and SVG (extra `plot`)."""
    from alc_tui.bench.plots.figures import draw
    from alc_tui.bench.plots.terminal import charts

    result_set = _find_results(suite, store)
    nothing = f"Nothing to plot: no run of {result_set.name} has a round after LNL or a clean set."
    if terminal:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 80
        drawings = charts(result_set.results, width, CHART_HEIGHT)
        if not drawings:
            raise UsageError(nothing)
        print_data("\n\n\n".join(drawings))
        return
    files = draw(result_set.results, to or result_set.plots)
    if not files:
        raise UsageError(nothing)
    if json:
        print_json({"suite": result_set.name, "files": [str(path) for path in files]})
        return
    for path in files:
        print_data(str(path))


def _find_results(name: str, store: Path | None) -> ResultSet:
    from alc_tui.bench.result_sets import find_results

    result_set = find_results(name, store_path(store))
    for notice in result_set.notices:
        print_message(notice)
    return result_set


def _read(path: Path) -> list[RunResult]:
    from alc_tui.bench import results

    stored, notices = results.read(path)
    for notice in notices:
        print_message(notice)
    return stored
