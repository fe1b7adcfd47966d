"""The results that a report or a plot is about: of a suite, or of a file; and what a person should know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alc_tui.bench import results, suites
from alc_tui.bench.results import Result
from alc_tui.bench.sweep.run import sweep_folder
from alc_tui.data.paths import expand_home
from alc_tui.errors import SessionUnavailable, UsageError


@dataclass(frozen=True)
class Measured:
    """At least one result. plots: where figures go. published: whether the paper's figures are about the same runs.

    notices: sentences on what is missing or was passed over.
    """

    name: str
    results: Sequence[Result]
    plots: Path
    published: bool
    notices: Sequence[str]


def find(named: str, store: Path) -> Measured:
    """What there is of a suite, or in a file `*.jsonl`; raises UsageError or SessionUnavailable where it is nothing."""
    return _of_file(expand_home(Path(named))) if named.endswith(".jsonl") else _of_suite(named, store)


def _of_file(path: Path) -> Measured:
    if not path.is_file():
        raise UsageError(f"There is no file {path}; `alc bench run` writes one below STORE/bench/SUITE.")
    found, notices = results.read(path)
    if not found:
        raise UsageError(" ".join([f"{path} holds no results that can be read; name another file.", *notices]))
    published = suites.are_published([result.id for result in found])
    return Measured(path.stem, found, Path("plots"), published, notices)


def _of_suite(named: str, store: Path) -> Measured:
    suite = suites.find_suite(named)
    folder = sweep_folder(store, suite.name)
    there, notices = results.read(folder.results)
    by_id = {result.id: result for result in there}
    # In the suite's order: runs side by side end in any.
    found = [by_id[run.id] for run in suite.runs if run.id in by_id]
    if not found:
        why = " ".join(["", *notices])
        raise SessionUnavailable(
            f"There are no results of {named} in {folder.path};{why} `alc bench run {named}` makes them."
        )
    others, missing = len(there) - len(found), len(suite.runs) - len(found)
    if others:
        notices.append(
            f"{_results(others)} in {folder.results} {'is' if others == 1 else 'are'} of runs that {named} does not "
            "have, and left out."
        )
    if missing:
        notices.append(f"{missing} of {len(suite.runs)} runs have no result yet; `alc bench run {named}` does them.")
    return Measured(suite.name, found, folder.path / "plots", suite.published, notices)


def _results(number: int) -> str:
    return f"{number} result" + ("s" if number > 1 else "")
