"""`alc bench`: run a suite of sessions with an oracle, report on it, and plot it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alc_tui.cli.bench_output import Decoding, Line, say_why, tell_plan, words
from alc_tui.cli.options import Json, Store
from alc_tui.cli.output import say, tell, tell_json
from alc_tui.errors import AlcError, UsageError
from alc_tui.session.settings.setting import choose
from alc_tui.session.store.folder import store_path

if TYPE_CHECKING:
    from alc_tui.bench import measured
    from alc_tui.bench.results import Result

app = typer.Typer(
    help="Benchmarks: methods side by side, over seeds, with an oracle that knows the truth.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

Named = Annotated[str, typer.Argument(metavar="SUITE", help="demo, isic-paper, nct-paper, or a FILE.toml.")]
Measured = Annotated[
    str, typer.Argument(metavar="SUITE", help="A suite that has been run, or a file of results, FILE.jsonl.")
]
CHART_HEIGHT = 20


@app.command()
def run(
    suite: Named,
    jobs: Annotated[int, typer.Option(min=1, help="Runs side by side, each with its share of the cores.")] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the runs and how long they will take.")] = False,
    device: Annotated[str | None, typer.Option(help="cuda, cuda:N, mps or cpu; the best there is if left out.")] = None,
    data_root: Annotated[Path | None, typer.Option(help="Where data sets lie [ALC_DATA].")] = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """Do the runs of a suite that have no result yet; the same command goes on after an interruption."""
    from alc_tui.bench import suites
    from alc_tui.bench.sweep import capacity as shares
    from alc_tui.bench.sweep import plan
    from alc_tui.bench.sweep import run as sweep
    from alc_tui.bench.sweep.progress import Progress
    from alc_tui.session.create import check_writable

    found = suites.find_suite(suite)
    root = None if data_root is None else str(data_root.absolute())
    runs = [each.at(device=device, data_root=root) for each in found.runs]
    folder = sweep.sweep_folder(store_path(store), found.name)
    if dry_run:
        done = {result.id for result in _read(folder.results)}
        planned = plan.make(runs, done, Decoding())
        tell_plan(found, planned, len(done & {each.id for each in runs}), json)
        return
    check_writable(store_path(store))
    with sweep.owned(folder):
        done = {result.id for result in _read(folder.results)} & {each.id for each in runs}
        planned = plan.make(runs, done, Decoding())
        at_once, why = shares.limited(jobs, planned.jobs)
        if why:
            say(why)
        say_why(planned.failures, "cannot be run")
        progress = Progress(planned.jobs, len(done), len(runs), len(planned.failures), at_once)
        line = Line()
        line.show(progress.standing())
        try:
            failures = planned.failures + sweep.run(planned.jobs, folder, at_once, progress, line.show)
        except KeyboardInterrupt:
            say("\nInterrupted; the same command goes on from the last finished epochs.")
            raise
    standing = progress.standing()
    if json:
        told = [{"id": failure.run.id, "run": words(failure.run), "error": failure.why} for failure in failures]
        facts = {"suite": found.name, "runs": len(runs), "done": standing.done, "results": str(folder.results)}
        tell_json(facts | {"failed": told})
    say_why(failures[len(planned.failures) :], "failed")
    if failures:
        raise AlcError(
            f"{len(failures)} of {len(runs)} runs of {found.name} failed ({words(failures[0].run)}: "
            f"{failures[0].why.rstrip('.')}); mend that, and `alc bench run {suite}` does what is missing."
        )
    say(f"All {len(runs)} runs of {found.name} are done; `alc bench report {suite}` tells what they say.")


@app.command()
def report(
    suite: Measured,
    format_: Annotated[str, typer.Option("--format", help="text, markdown, csv, json or latex.")] = "text",
    only: Annotated[
        str | None,
        typer.Option(
            "--table", help="One kind alone: summary, rounds, differences, rare, selection, ledger or seconds."
        ),
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", help="A file to write to; stdout if left out.")] = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """What the results of a suite say, with means over seeds, intervals and tests."""
    from alc_tui.bench.report.sections import SECTIONS, sections
    from alc_tui.bench.report.table import FORMATS
    from alc_tui.bench.report.writing import written

    format_ = "json" if json else format_
    choose("format", format_, tuple(FORMATS))
    if only is not None:
        choose("table", only, tuple(SECTIONS))
    found = _measured(suite, store)
    tables = sections(found.results, found.published, only)
    if not tables:
        raise UsageError(f"The results of {found.name} have nothing for the table {only}; leave out --table.")
    # The width of the terminal, or of COLUMNS; in a pipe or a file lines are as long as they are.
    width = shutil.get_terminal_size((0, 0)).columns if to is None else 0
    text = written(tables, found.name, format_, width or None)
    if to is None:
        tell(text)
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(text + "\n", encoding="utf-8")
    say(f"Wrote {to}.")


@app.command()
def plot(
    suite: Measured,
    to: Annotated[
        Path | None, typer.Option("--to", help="A folder; STORE/bench/SUITE/plots, or ./plots of a file.")
    ] = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="Draw in the terminal, in characters.")] = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Draw macro-F1 against labels decided, guess % per class and F1 per class, as PNG and SVG (extra `plot`)."""
    from alc_tui.bench.plots import terminal as chart
    from alc_tui.bench.plots.figures import draw

    found = _measured(suite, store)
    nothing = f"No run of {found.name} has a round after LNL or a clean set, so there is nothing to draw."
    if terminal:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 80
        drawn = chart.of_results(found.results, width, CHART_HEIGHT)
        if not drawn:
            raise UsageError(nothing)
        tell("\n\n\n".join(drawn))
        return
    files = draw(found.results, to or found.plots)
    if not files:
        raise UsageError(nothing)
    if json:
        tell_json({"suite": found.name, "files": [str(path) for path in files]})
        return
    for path in files:
        tell(str(path))


def _measured(named: str, store: Path | None) -> measured.Measured:
    from alc_tui.bench import measured

    found = measured.find(named, store_path(store))
    for notice in found.notices:
        say(notice)
    return found


def _read(path: Path) -> list[Result]:
    from alc_tui.bench import results

    found, notices = results.read(path)
    for notice in notices:
        say(notice)
    return found
