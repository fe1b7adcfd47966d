"""How a sweep is printed: its plan, its status, and its failures."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from alc_tui.cli.output import overwrite, print_data, print_json, print_message, progress_counter, table
from alc_tui.session.settings.renamed import all_names
from alc_tui.text.format import counted, duration, shorten

if TYPE_CHECKING:
    from alc_tui.bench.suites import Run, Suite
    from alc_tui.bench.sweep.plan import Failure, SweepPlan
    from alc_tui.bench.sweep.progress import SweepStatus
    from alc_tui.bench.sweep.status import JobStatus

ACTIVITIES = 6
"""How many jobs a line of the status names."""
_HEAD = ("id", "dataset", "noise", "method", "sampler", "seed")


class DecodingCounters:
    """Shows how many images are decoded, one counter per data set."""

    def __init__(self) -> None:
        self._counters: dict[str, Callable[[int, int], None]] = {}

    def __call__(self, dataset: str, done: int, total: int) -> None:
        """Show that `done` of `total` images are decoded."""
        self._counters.setdefault(dataset, progress_counter(f"Decoding images of {dataset}"))(done, total)


class StatusLine:
    """The status of a sweep: one line that is updated in place in a terminal, otherwise a line per run and per minute.

    clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shown = clock()
        self._finished = -1

    def show(self, status: SweepStatus) -> None:
        """Print the status if a run has ended or enough time has passed since the last line."""
        now, finished = self._clock(), status.done + status.failed
        if finished == self._finished and now - self._shown < (0.2 if sys.stderr.isatty() else 60):
            return
        self._shown, self._finished = now, finished
        text = f"{status.done} of {status.total} runs done"
        text += f", {status.failed} failed" if status.failed else ""
        if finished < status.total and status.seconds is not None:
            text += f", about {duration(status.seconds)} to go"
        text += "".join(f"; {notice}" for notice in status.notices)
        if finished < status.total and status.activities:
            others = len(status.activities) - ACTIVITIES
            more = (f"{counted(others, 'more job')} running",) if others > 0 else ()
            text += f"; {'; '.join((*status.activities[:ACTIVITIES], *more))}"
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns
            overwrite(shorten(text, width - 1), is_last=finished >= status.total)
        else:
            print_message(text)


def print_plan(suite: Suite, plan: SweepPlan, done: int, json: bool, script: str | None = None) -> None:
    """List the runs of a plan with their estimated time; shared LNL is counted for the first run only. script: the job
    as SLURM would get it."""
    varied = _varied(suite)
    rows: list[dict[str, Any]] = []
    for job in plan.jobs:
        for position, run in enumerate(job.runs):
            estimate = job.estimate
            seconds = None if estimate is None else run.config.rounds * estimate.round
            if seconds is not None and estimate is not None and position == 0:
                seconds += estimate.learning
            rows.append(_row(run, varied) | {"shares_lnl": position > 0, "seconds": seconds, "error": None})
    rows += [
        _row(failure.run, varied) | {"shares_lnl": False, "seconds": None, "error": failure.reason}
        for failure in plan.failures
    ]
    known = [row["seconds"] for row in rows if row["seconds"] is not None]
    total = sum(known) if known and len(known) == len(rows) - len(plan.failures) else None
    if json:
        missing = [row | {"settings": all_names(row["settings"])} for row in rows]
        facts = {"suite": suite.name, "done": done, "missing": missing, "seconds": total}
        print_json(facts if script is None else {**facts, "job": script})
        return
    if rows:
        head = (*_HEAD, *(["settings"] if varied else []), "estimate")
        print_data(table(head, [_cells(row, head) for row in rows]))
    if script is not None:
        print_data(f"\n{script}")
    print_failures(plan.failures, "cannot be run")
    if suite.about:
        print_message(suite.about)
    estimate_text = "" if total is None else f", at least {duration(total)} in sequence"
    print_message(f"{suite.name}: {counted(len(rows), 'run')} to do, {done} done{estimate_text}.")


def print_jobs(suite: Suite, jobs: Sequence[JobStatus], done: int, json: bool) -> None:
    """List the jobs of a suite that are not done."""
    if json:
        print_json({"suite": suite.name, "runs": len(suite.runs), "done": done, "jobs": [asdict(job) for job in jobs]})
        return
    if jobs:
        head = ("job", "engine", "id", "state", "where", "runs", "activity")
        rows = [
            (
                *(job.session, job.engine or "-", job.id[:12] or "-", job.state, job.where or "-"),
                *(f"{job.done} of {job.total}", job.activity or "-"),
            )
            for job in jobs
        ]
        print_data(table(head, rows, texts=len(head)))
    for error, count in Counter(error for job in jobs for error in job.errors).items():
        print_message(f"{counted(count, 'run')} failed: {error}")
    states = Counter(job.state for job in jobs)
    counts = "".join(f", {counted(count, 'job')} {state}" for state, count in states.items())
    print_message(f"{suite.name}: {done} of {counted(len(suite.runs), 'run')} done{counts}.")


def print_failures(failures: Sequence[Failure], what: str) -> None:
    """Print each reason once, with the first of its runs."""
    by_reason: dict[str, list[Run]] = {}
    for failure in failures:
        by_reason.setdefault(failure.reason, []).append(failure.run)
    for reason, runs in by_reason.items():
        more = f" and {len(runs) - 1} more" if len(runs) > 1 else ""
        print_message(f"{describe(runs[0])}{more} {what}: {reason}")


def describe(run: Run) -> str:
    """A human-readable description of a run: `ct-vog entropy, demo, noise 0.5, seed 1 (1f0c…)`."""
    config = run.config
    noise = "" if config.noise is None else f", noise {config.noise:g}"
    return f"{config.method} {config.sampler}, {config.dataset}{noise}, seed {config.seed} ({run.id})"


def _varied(suite: Suite) -> list[str]:
    """The settings, besides those in `_HEAD`, that vary among the suite's runs."""
    names = dict.fromkeys(name for run in suite.runs for name in run.options if name not in _HEAD)
    return [name for name in names if len({repr(run.options.get(name)) for run in suite.runs}) > 1]


def _row(run: Run, varied: Sequence[str]) -> dict[str, Any]:
    config = run.config
    return {
        "id": run.id,
        "session": run.session,
        "dataset": config.dataset,
        "noise": config.noise,
        "recipe": config.recipe,
        "preset": config.recipe,
        "method": config.method,
        "sampler": config.sampler,
        "seed": config.seed,
        "settings": {name: run.options[name] for name in varied if run.options.get(name) is not None},
    }


def _cells(row: Mapping[str, Any], head: Sequence[str]) -> list[str]:
    texts = {
        "noise": "-" if row["noise"] is None else f"{row['noise']:g}",
        "settings": ", ".join(f"{name} {value}" for name, value in row["settings"].items()) or "-",
        "estimate": _estimate(row),
    }
    return [texts.get(name, str(row.get(name))) for name in head]


def _estimate(row: Mapping[str, Any]) -> str:
    if row["error"] is not None:
        return "cannot run"
    return "-" if row["seconds"] is None else duration(row["seconds"])
