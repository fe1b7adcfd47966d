"""How a sweep is told: what is planned, how far it is, and what cannot be done."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from alc_tui.cli.output import counter, say, table, tell, tell_json
from alc_tui.text.format import duration, plain, shorten

if TYPE_CHECKING:
    from alc_tui.bench.suites import Run, Suite
    from alc_tui.bench.sweep.plan import Failure, Plan
    from alc_tui.bench.sweep.progress import Standing

_HEAD = ("id", "dataset", "noise", "method", "sampler", "seed")


class Decoding:
    """Progress of decoding, data set by data set."""

    def __init__(self) -> None:
        self._counters: dict[str, Callable[[int, int], None]] = {}

    def __call__(self, dataset: str, done: int, total: int) -> None:
        """Hear of decoded images."""
        self._counters.setdefault(dataset, counter(f"Decoding images of {dataset}"))(done, total)


class Line:
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


def tell_plan(suite: Suite, planned: Plan, done: int, json: bool) -> None:
    """What would be run, and how long it would take; LNL is told with the first of the runs that share it."""
    varied = _varied(suite)
    rows: list[dict[str, Any]] = []
    for job in planned.jobs:
        for position, each in enumerate(job.runs):
            estimate = job.estimate
            seconds = None if estimate is None else each.config.rounds * estimate.round
            if seconds is not None and estimate is not None and position == 0:
                seconds += estimate.learning
            rows.append(_row(each, varied) | {"shares_lnl": position > 0, "seconds": seconds, "error": None})
    rows += [
        _row(failure.run, varied) | {"shares_lnl": False, "seconds": None, "error": failure.why}
        for failure in planned.failures
    ]
    known = [row["seconds"] for row in rows if row["seconds"] is not None]
    total = sum(known) if known and len(known) == len(rows) - len(planned.failures) else None
    if json:
        tell_json({"suite": suite.name, "done": done, "missing": rows, "seconds": total})
        return
    if rows:
        head = (*_HEAD, *(["settings"] if varied else []), "estimate")
        tell(table(head, [_cells(row, head) for row in rows]))
    say_why(planned.failures, "cannot be run")
    told = "" if total is None else f", about {duration(total)} one after the other, rather too short"
    say(f"{suite.name}: {len(rows)} {'run' if len(rows) == 1 else 'runs'} to do, {done} done{told}.")


def say_why(failures: Sequence[Failure], what: str) -> None:
    """Each reason once, with the first of its runs."""
    by_reason: dict[str, list[Run]] = {}
    for failure in failures:
        by_reason.setdefault(failure.why, []).append(failure.run)
    for why, runs in by_reason.items():
        more = f" and {len(runs) - 1} more" if len(runs) > 1 else ""
        say(f"{words(runs[0])}{more} {what}: {why}")


def words(run: Run) -> str:
    """A run for a person: `ct-vog entropy, demo, noise 0.5, seed 1 (1f0c…)`."""
    config = run.config
    noise = "" if config.noise is None else f", noise {config.noise:g}"
    return f"{config.method} {config.sampler}, {config.dataset}{noise}, seed {config.seed} ({run.id})"


def _varied(suite: Suite) -> list[str]:
    """The settings besides those of `_HEAD` in which the runs of the suite are told to differ."""
    said = dict.fromkeys(name for run in suite.runs for name in run.options if name not in _HEAD)
    return [name for name in said if len({repr(run.options.get(name)) for run in suite.runs}) > 1]


def _row(run: Run, varied: Sequence[str]) -> dict[str, Any]:
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
        "settings": {name: run.options[name] for name in varied if run.options.get(name) is not None},
    }


def _cells(row: Mapping[str, Any], head: Sequence[str]) -> list[str]:
    said = {
        "noise": "-" if row["noise"] is None else f"{row['noise']:g}",
        "settings": ", ".join(f"{name} {value}" for name, value in row["settings"].items()) or "-",
        "estimate": _estimate(row),
    }
    return [said.get(name, str(row.get(name))) for name in head]


def _estimate(row: Mapping[str, Any]) -> str:
    if row["error"] is not None:
        return "cannot run"
    return "-" if row["seconds"] is None else duration(row["seconds"])
