"""Loads the results for a report or plot from a suite or a file, with notices about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alc_tui.bench import results, suites
from alc_tui.bench.results import RunResult
from alc_tui.bench.sweep.files import sweep_folder
from alc_tui.data.paths import expand_home
from alc_tui.errors import SessionUnavailable, UsageError


@dataclass(frozen=True)
class ResultSet:
    """At least one result. plots: the folder for figures. published: whether the paper's published results apply to
    these runs. notices: messages about missing or skipped results.
    """

    name: str
    results: Sequence[RunResult]
    plots: Path
    published: bool
    notices: Sequence[str]


def find_results(name: str, store: Path) -> ResultSet:
    """The results of a suite, or of a file `*.jsonl`.

    Raises UsageError for an unknown suite or a file without results, SessionUnavailable for a suite without results.
    """
    return _of_file(expand_home(Path(name))) if name.endswith(".jsonl") else _of_suite(name, store)


def _of_file(path: Path) -> ResultSet:
    if not path.is_file():
        raise UsageError(f"File {path} not found; `alc bench run` writes results to STORE/bench/SUITE/results.jsonl.")
    stored, notices = results.read(path)
    if not stored:
        raise UsageError(" ".join([f"{path} has no readable results; specify another file.", *notices]))
    published = suites.are_published([result.id for result in stored])
    return ResultSet(path.stem, stored, Path("plots"), published, notices)


def _of_suite(name: str, store: Path) -> ResultSet:
    suite = suites.find_suite(name)
    folder = sweep_folder(store, suite.name)
    stored, notices = results.read(folder.results)
    by_id = {result.id: result for result in stored}
    # In the suite's order, because parallel runs can finish in any order.
    in_order = [by_id[run.id] for run in suite.runs if run.id in by_id]
    if not in_order:
        details = "".join(f" {notice}" for notice in notices)
        raise SessionUnavailable(f"{name} has no results in {folder.path};{details} run `alc bench run {name}`.")
    others, missing = len(stored) - len(in_order), len(suite.runs) - len(in_order)
    if others:
        skipped = "1 result is" if others == 1 else f"{others} results are"
        notices.append(f"{skipped} skipped: {folder.results} has runs that are not part of {name}.")
    if missing:
        notices.append(f"{missing} of {len(suite.runs)} runs have no result yet; run `alc bench run {name}`.")
    return ResultSet(suite.name, in_order, folder.path / "plots", suite.published, notices)
