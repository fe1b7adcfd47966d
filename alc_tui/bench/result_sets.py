"""Loads the results for a report or plot from a suite or a file, with notices about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from alc_tui.bench import results, suites
from alc_tui.bench.results import RunResult
from alc_tui.bench.sweep.files import sweep_folder
from alc_tui.data.paths import expand_home
from alc_tui.errors import SessionUnavailable, UsageError
from alc_tui.text.format import counted


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


def find_results(names: Sequence[str], stores: Sequence[Path]) -> ResultSet:
    """The results of suites in the stores, and of files `*.jsonl`; of several results of a run, the first.

    Raises UsageError for an unknown suite or a file without results, SessionUnavailable for a suite without results.
    """
    sets = [_of_file(expand_home(Path(name))) if name.endswith(".jsonl") else _of_suite(name, stores) for name in names]
    if len(sets) == 1:
        return sets[0]
    all_results = [result for each in sets for result in each.results]
    unique = _first_of_each(all_results)
    notices = [notice for each in sets for notice in each.notices]
    if repeated := len(all_results) - len(unique):
        notices.append(f"{counted(repeated, 'result')} skipped: those runs already have one in what you named before.")
    name, published = ", ".join(each.name for each in sets), all(each.published for each in sets)
    return ResultSet(name, list(unique.values()), Path("plots"), published, notices)


def _of_file(path: Path) -> ResultSet:
    if not path.is_file():
        raise UsageError(f"File {path} not found; `alc bench run` writes results to STORE/bench/SUITE/results.jsonl.")
    stored, notices = results.read(path)
    if not stored:
        raise UsageError(" ".join([f"{path} has no readable results; specify another file.", *notices]))
    published = suites.are_published([result.id for result in stored])
    return ResultSet(path.stem, stored, Path("plots"), published, notices)


def _of_suite(name: str, stores: Sequence[Path]) -> ResultSet:
    suite = suites.find_suite(name)
    folders = [sweep_folder(store, suite.name) for store in stores]
    read = [results.read(folder.results) for folder in folders]
    by_id = _first_of_each(chain.from_iterable(stored for stored, _ in read))
    notices = [notice for _, each in read for notice in each]
    # In the suite's order, because parallel runs can finish in any order.
    in_order = [by_id[run.id] for run in suite.runs if run.id in by_id]
    where = " and ".join(str(folder.path) for folder in folders)
    if not in_order:
        details = "".join(f" {notice}" for notice in notices)
        raise SessionUnavailable(f"{name} has no results in {where};{details} run `alc bench run {name}`.")
    others, missing = len(by_id) - len(in_order), len(suite.runs) - len(in_order)
    if others:
        skipped = "1 result is" if others == 1 else f"{others} results are"
        file = " and ".join(str(folder.results) for folder in folders)
        notices.append(f"{skipped} skipped: {file} has runs that are not part of {name}.")
    if missing:
        notices.append(f"{missing} of {len(suite.runs)} runs have no result yet; run `alc bench run {name}`.")
    return ResultSet(suite.name, in_order, folders[0].path / "plots", suite.published, notices)


def _first_of_each(found: Iterable[RunResult]) -> dict[str, RunResult]:
    """The first result of each run, by id."""
    by_id: dict[str, RunResult] = {}
    for result in found:
        by_id.setdefault(result.id, result)
    return by_id
