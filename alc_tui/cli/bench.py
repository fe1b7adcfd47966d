"""`alc bench`: run a suite of sessions with an oracle, report on it, and plot it."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alc_tui.cli.options import Json, Store
from alc_tui.cli.output import counter, say, table, tell, tell_json
from alc_tui.errors import AlcError, UsageError
from alc_tui.session.config import choose
from alc_tui.session.folder import store_path
from alc_tui.tui.text import duration, plain, shorten

if TYPE_CHECKING:
    from alc_tui.bench.plan import Failure, Plan
    from alc_tui.bench.progress import Standing
    from alc_tui.bench.results import Result
    from alc_tui.bench.suites import Run, Suite

app = typer.Typer(
    help="Benchmarks: methods side by side, over seeds, with an oracle that knows the truth.",
    no_args_is_help=True,
    rich_markup_mode=None,
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
    from alc_tui.bench import plan, shares, suites, sweep
    from alc_tui.bench.progress import Progress
    from alc_tui.session.create import check_writable

    found = suites.find_suite(suite)
    root = None if data_root is None else str(data_root.absolute())
    runs = [each.at(device=device, data_root=root) for each in found.runs]
    folder = sweep.sweep_folder(store_path(store), found.name)
    if dry_run:
        done = {result.id for result in _read(folder.results)}
        planned = plan.make(runs, done, _Decoding())
        _tell_plan(found, planned, len(done & {each.id for each in runs}), json)
        return
    check_writable(store_path(store))
    with sweep.owned(folder):
        done = {result.id for result in _read(folder.results)} & {each.id for each in runs}
        planned = plan.make(runs, done, _Decoding())
        at_once, why = shares.limited(jobs, planned.jobs)
        if why:
            say(why)
        _say_why(planned.failures, "cannot be run")
        progress = Progress(planned.jobs, len(done), len(runs), len(planned.failures), at_once)
        line = _Line()
        line.show(progress.standing())
        try:
            failures = planned.failures + sweep.run(planned.jobs, folder, at_once, progress, line.show)
        except KeyboardInterrupt:
            say("\nInterrupted; the same command goes on from the last finished epochs.")
            raise
    standing = progress.standing()
    if json:
        told = [{"id": failure.run.id, "run": _words(failure.run), "error": failure.why} for failure in failures]
        facts = {"suite": found.name, "runs": len(runs), "done": standing.done, "results": str(folder.results)}
        tell_json(facts | {"failed": told})
    _say_why(failures[len(planned.failures) :], "failed")
    if failures:
        raise AlcError(
            f"{len(failures)} of {len(runs)} runs of {found.name} failed ({_words(failures[0].run)}: "
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
    from alc_tui.bench.report import SECTIONS, sections
    from alc_tui.bench.table import FORMATS
    from alc_tui.bench.writing import written

    format_ = "json" if json else format_
    choose("format", format_, tuple(FORMATS))
    if only is not None:
        choose("table", only, tuple(SECTIONS))
    name, results, published = _results(suite, store)
    text = written(sections(results, published, only), name, format_)
    if to is None:
        tell(text)
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(text + "\n", encoding="utf-8")
    say(f"Wrote {to}.")


@app.command()
def plot(
    suite: Measured,
    to: Annotated[Path | None, typer.Option("--to", help="A folder; STORE/bench/SUITE/plots if left out.")] = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="Draw in the terminal, with letters.")] = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Draw macro-F1 against labels decided, guess % per class and F1 per class, as PNG and SVG (extra `plot`)."""
    from alc_tui.bench import chart
    from alc_tui.bench.arms import tasks
    from alc_tui.bench.plot import draw
    from alc_tui.bench.sweep import sweep_folder

    name, results, _ = _results(suite, store)
    if terminal:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 80
        charts = [chart.of_task(task, width, CHART_HEIGHT) for task in tasks(results)]
        drawn = [each for each in charts if each is not None]
        if not drawn:
            raise UsageError(f"No run of {name} has more than round 0, so there is no curve to draw.")
        tell("\n\n".join(drawn))
        return
    if to is None:
        to = Path("plots") if suite.endswith(".jsonl") else sweep_folder(store_path(store), name).path / "plots"
    files = draw(results, to)
    if json:
        tell_json({"suite": name, "files": [str(path) for path in files]})
        return
    for path in files:
        tell(str(path))


def _results(named: str, store: Path | None) -> tuple[str, list[Result], bool]:
    """Name and results of a suite, or of a file; and whether the paper's figures are about the same."""
    from alc_tui.bench import results, suites, sweep

    if named.endswith(".jsonl"):
        found, notices = results.read_file(Path(named))
        name, published = Path(named).stem, suites.are_published([result.id for result in found])
    else:
        suite = suites.find_suite(named)
        path = sweep.sweep_folder(store_path(store), suite.name).results
        found, notices = results.read_file(path)
        ids = {run.id for run in suite.runs}
        others = [result for result in found if result.id not in ids]
        if others:
            notices.append(f"{len(others)} results in {path} are of runs that {named} does not have; left out.")
        missing = len(ids) - len(found) + len(others)
        if missing:
            notices.append(f"{missing} of {len(ids)} runs have no result yet; `alc bench run {named}` does them.")
        found = [result for result in found if result.id in ids]
        name, published = suite.name, suite.published
    for notice in notices:
        say(notice)
    if not found:
        raise AlcError(f"There are no results of {named} yet; `alc bench run` makes them.")
    return name, found, published


class _Decoding:
    """Progress of decoding, data set by data set."""

    def __init__(self) -> None:
        self._counters: dict[str, Callable[[int, int], None]] = {}

    def __call__(self, dataset: str, done: int, total: int) -> None:
        self._counters.setdefault(dataset, counter(f"Decoding images of {dataset}"))(done, total)


class _Line:
    """How far the sweep is: one line that is rewritten on a terminal, else a line for each run and each minute."""

    def __init__(self) -> None:
        self._said = time.monotonic()
        self._finished = -1

    def show(self, standing: Standing) -> None:
        """Say it, if it is time to."""
        now, finished = time.monotonic(), standing.done + standing.failed
        news = finished > self._finished
        if not news and now - self._said < (0.2 if sys.stderr.isatty() else 60):
            return
        self._said, self._finished = now, finished
        text = f"{standing.done} of {standing.total} runs done"
        text += f", {standing.failed} failed" if standing.failed else ""
        if finished < standing.total and standing.seconds is not None:
            text += f", about {duration(standing.seconds)} to go"
        if finished < standing.total and standing.doing:
            text += f"; {'; '.join(standing.doing)}"
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns
            typer.echo(f"\r\x1b[K{shorten(plain(text), width - 1)}", err=True, nl=finished >= standing.total)
        else:
            say(text)


def _tell_plan(suite: Suite, planned: Plan, done: int, json: bool) -> None:
    """What would be run, and how long it would take; LNL is told with the first of the runs that share it."""
    rows: list[dict[str, Any]] = []
    for job in planned.jobs:
        for position, each in enumerate(job.runs):
            estimate = job.estimate
            seconds = None if estimate is None else each.config.rounds * estimate.round
            if seconds is not None and estimate is not None and position == 0:
                seconds += estimate.learning
            rows.append(_row(each) | {"shares_lnl": position > 0, "seconds": seconds, "error": None})
    rows += [_row(f.run) | {"shares_lnl": False, "seconds": None, "error": f.why} for f in planned.failures]
    known = [row["seconds"] for row in rows if row["seconds"] is not None]
    total = sum(known) if known and len(known) == len(rows) - len(planned.failures) else None
    if json:
        tell_json({"suite": suite.name, "done": done, "missing": rows, "seconds": total})
        return
    if rows:
        head = ("id", "dataset", "noise", "method", "sampler", "seed", "estimate")
        tell(table(head, [(*(str(row[name]) for name in head[:-1]), _estimate(row)) for row in rows]))
    _say_why(planned.failures, "cannot be run")
    told = "" if total is None else f", about {duration(total)} one after the other, rather too short"
    say(f"{suite.name}: {len(rows)} runs to do, {done} done{told}.")


def _say_why(failures: Sequence[Failure], what: str) -> None:
    """Each reason once, with the first of its runs."""
    by_reason: dict[str, list[Run]] = {}
    for failure in failures:
        by_reason.setdefault(failure.why, []).append(failure.run)
    for why, runs in by_reason.items():
        more = f" and {len(runs) - 1} more" if len(runs) > 1 else ""
        say(f"{_words(runs[0])}{more} {what}: {why}")


def _row(run: Run) -> dict[str, Any]:
    config = run.config
    return {
        "id": run.id,
        "session": run.session,
        "dataset": config.dataset,
        "noise": config.noise,
        "preset": config.preset,
        "method": config.method,
        "sampler": config.sampler,
        "seed": config.seed,
    }


def _estimate(row: Mapping[str, Any]) -> str:
    if row["error"] is not None:
        return "cannot run"
    return "-" if row["seconds"] is None else duration(row["seconds"])


def _words(run: Run) -> str:
    """A run for a person: `ct-vog entropy, demo, noise 0.5, seed 1 (1f0c…)`."""
    config = run.config
    noise = "" if config.noise is None else f", noise {config.noise:g}"
    return f"{config.method} {config.sampler}, {config.dataset}{noise}, seed {config.seed} ({run.id})"


def _read(path: Path) -> list[Result]:
    from alc_tui.bench import results

    found, notices = results.read(path)
    for notice in notices:
        say(notice)
    return found
