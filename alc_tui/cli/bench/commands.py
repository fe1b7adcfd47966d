"""`alc bench`: run a suite of sessions with an oracle, report on its results, and plot them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alc_tui.cli.bench import sweep
from alc_tui.cli.completion import one_of
from alc_tui.cli.options import OUTPUT, Json, flag, show_help
from alc_tui.cli.output import print_data, print_json, print_message
from alc_tui.errors import UsageError
from alc_tui.session.settings.setting import check_choice
from alc_tui.session.store.folder import store_path

if TYPE_CHECKING:
    from alc_tui.bench.result_sets import ResultSet

app = typer.Typer(
    help="Benchmarks: compare methods across seeds, with an oracle that knows the truth.",
    callback=show_help,
    invoke_without_command=True,
    rich_markup_mode="rich",
)

ResultsNames = Annotated[
    list[str], typer.Argument(metavar="SUITE…", help="Suites that have been run, or results files, FILE.jsonl.")
]
Stores = Annotated[
    list[Path] | None,
    typer.Option(
        "--store",
        metavar="FOLDER",
        help="Folder with the sessions; may be repeated.",
        show_default="ALC_SESSIONS, else ./sessions",
        rich_help_panel=OUTPUT,
    ),
]
for _command in (sweep.run, sweep.status):
    app.command()(_command)
CHART_HEIGHT = 20
FORMAT_NAMES = ("text", "markdown", "csv", "json", "latex")
TABLE_NAMES = ("summary", "rounds", "differences", "rare", "selection", "ledger", "seconds")


@app.command()
def report(
    suite: ResultsNames,
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
    store: Stores = None,
    json: Json = False,
) -> None:
    """Print the results of suites as tables, with means over seeds, confidence intervals, and significance tests."""
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
    suite: ResultsNames,
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
    store: Stores = None,
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


def _find_results(names: list[str], stores: list[Path] | None) -> ResultSet:
    from alc_tui.bench.result_sets import find_results

    result_set = find_results(names, [store_path(store) for store in stores] if stores else [store_path()])
    for notice in result_set.notices:
        print_message(notice)
    return result_set
