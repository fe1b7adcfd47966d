"""The report of a benchmark, as tables: results in, tables out. Knows no file, and not how a table is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from alc_tui.bench import statistics
from alc_tui.bench.arms import CEILING, Arm, Task, rare_classes, tasks
from alc_tui.bench.report import published
from alc_tui.bench.report.table import DIGITS, Cell, Spread, Table
from alc_tui.bench.results import Result

SHARES = (0.95, 1.0)
"""Of the ceiling, to be reached."""
_LEDGER = ("shown", "confirmed", "changed", "skipped", "flagged", "excluded", "free_corrections")
_SEED = 0
"""Of the bootstrap: the same results give the same report."""


@dataclass(frozen=True)
class Section:
    """A table of the report. key: which kind, one of `SECTIONS`; task: what it is about, in words."""

    key: str
    task: str
    table: Table


def sections(results: Sequence[Result], with_published: bool, only: str | None = None) -> list[Section]:
    """The tables of all tasks, task by task. with_published: the paper's figures beside them. only: this kind alone."""
    found = []
    for task in tasks(results):
        for key, make in SECTIONS.items():
            if only in (None, key) and (table := make(task, with_published)).rows:
                found.append(Section(key, task.name, table))
    return found


def summary(task: Task, with_published: bool) -> Table:
    """Each arm in a line: first and last scores, area under the budget curve, labels to reach the ceiling."""
    ceiling = None if task.ceiling is None else _mean(_scores(task.ceiling, -1, "best"))
    columns = ["method", "seeds", "macro-F1 after LNL", "macro-F1 in the end", "its last epoch", "AUBC"]
    for share in SHARES:
        columns += [f"labels to {share:.0%} of the ceiling", f"seeds that reach {share:.0%}"]
    told = _published_summary(task) if with_published else None
    columns += [] if told is None else ["macro-F1, published", "labels to 100%, published"]
    rows = []
    for arm in task.all:
        row: list[Cell] = [
            arm.name,
            len(arm.by_seed),
            spread(_scores(arm, 0, "best")),
            spread(_scores(arm, -1, "best")),
            spread(_scores(arm, -1, "last")),
            spread(_aubc(arm).values()),
        ]
        for share in SHARES:
            row += _reached(arm, None if ceiling is None or arm.method == CEILING else share * ceiling)
        row += [] if told is None else told(arm)
        rows.append(tuple(row))
    return Table(f"{task.name}: summary", tuple(columns), tuple(rows))


def rounds(task: Task, _with_published: bool) -> Table:
    """Macro-F1 of each round, mean ± standard deviation over the seeds."""
    columns = ("method", "round", "labels", "macro-F1, best validation", "macro-F1, last epoch", "seeds")
    rows = []
    for arm in task.all:
        for number in range(max(len(result.rounds) for result in arm.by_seed.values())):
            there = [result.rounds[number] for result in arm.by_seed.values() if number < len(result.rounds)]
            rows.append(
                (
                    arm.name,
                    number,
                    _exact_if_equal([entry["decided_total"] for entry in there]),
                    spread(entry["macro_f1"]["best"] for entry in there),
                    spread(entry["macro_f1"]["last"] for entry in there),
                    len(there),
                )
            )
    return Table(f"{task.name}: macro-F1 by round", columns, tuple(rows), keys=2)


def differences(task: Task, _with_published: bool) -> Table:
    """Arms against each other, paired by seed: by the area under the budget curve, and by the last round's macro-F1.

    Arms without rounds are compared among themselves only: they have decided nothing.
    """
    columns = ("measure", "first", "second", "seeds", "first − second", "low", "high", "p", "verdict")
    rows: list[tuple[Cell, ...]] = []
    pairs = [(one, other) for one, other in combinations(task.arms, 2) if _has_rounds(one) == _has_rounds(other)]
    for measure, of in _MEASURES.items():
        for first, second in pairs:
            rng = np.random.default_rng(_SEED)
            found = statistics.paired_difference(of(first), of(second), rng)
            if found is None:
                continue
            low, high = found.interval or (None, None)
            said = statistics.verdict(found.n, found.p, found.interval)
            rows.append((measure, first.name, second.name, found.n, found.mean, low, high, found.p, said))
    return Table(f"{task.name}: paired differences", columns, tuple(rows), keys=3, notes=_caveats(rows))


def _caveats(rows: Sequence[tuple[Cell, ...]]) -> tuple[str, ...]:
    """What the numbers of `differences` are, and what they cannot support."""
    told = [
        f"low, high: {statistics.LEVEL:.0%} bootstrap interval of the mean difference, too narrow where seeds are few. "
        "p: exact two-sided Wilcoxon signed-rank test"
        + (f", not corrected for the {len(rows)} comparisons." if len(rows) > 1 else ".")
    ]
    told += [why for n in sorted({int(str(row[3])) for row in rows}) if (why := statistics.too_few(n))]
    if any(row[-1] == statistics.NOT_SHOWN for row in rows):
        told.append("Where no difference was shown, that does not show that there is none.")
    return tuple(told)


def rare(task: Task, with_published: bool) -> Table:
    """The paper's Table 1: of the rare classes, test recall after LNL and guess % of its clean set."""
    told = published.TABLE_1.get((task.dataset, task.noise or 0.0)) if with_published else None
    columns = ["class", "method", "recall", "guess %", "seeds"]
    columns += ["recall, published", "guess %, published"] if told else []
    rows, told_guesses = [], guesses(task)
    for name in rare_classes(task):
        for arm in _selecting(task):
            first = _firsts(arm)
            row: list[Cell] = [
                name,
                arm.name,
                spread(entry["recall"][name] for entry in first),
                spread(told_guesses[arm.name][name], digits=2),
                len(first),
            ]
            row += list(told.get((arm.method, name), (None, None))) if told else []
            rows.append(tuple(row))
    return Table(f"{task.name}: rare classes after LNL", tuple(columns), tuple(rows), keys=2)


def selection(task: Task, _with_published: bool) -> Table:
    """How good the clean set of LNL is."""
    rows = []
    for arm in _selecting(task):
        first = _firsts(arm)
        told = [entry["selection"] for entry in first]
        rows.append(
            (
                arm.name,
                spread((float(entry["clean_size"]) for entry in first), digits=0),
                spread(entry["precision"] for entry in told if entry["precision"] is not None),
                spread(entry["recall"] for entry in told if entry["recall"] is not None),
                len(first),
            )
        )
    columns = ("method", "clean set", "precision", "recall", "seeds")
    return Table(f"{task.name}: the clean set of LNL", columns, tuple(rows))


def ledger(task: Task, _with_published: bool) -> Table:
    """What the labels cost, all rounds together, mean over the seeds; and labels that were corrected for free."""
    rows = []
    for arm in task.arms:
        costs = [
            [sum(entry.get(name, 0) for entry in result.rounds) for name in _LEDGER] for result in arm.by_seed.values()
        ]
        rows.append((arm.name, *(_exact_if_equal(column) for column in zip(*costs, strict=True)), len(arm.by_seed)))
    columns = ("method", *(name.replace("_", " ") for name in _LEDGER), "seeds")
    return Table(f"{task.name}: ledger", columns, tuple(rows))


def seconds(task: Task, _with_published: bool) -> Table:
    """How long it took; LNL that several samplers share is told with each of them."""
    rows = []
    for arm in task.all:
        results = list(arm.by_seed.values())
        of_rounds = [entry["seconds"] for result in results for entry in result.rounds[1:]]
        rows.append(
            (
                arm.name,
                spread((result.rounds[0]["seconds"] for result in results), digits=1),
                spread(of_rounds, digits=1),
                spread((result.seconds for result in results), digits=1),
                ", ".join(sorted({f"{result.device}, threads: {result.threads}" for result in results})),
            )
        )
    return Table(f"{task.name}: seconds", ("method", "LNL", "a round", "in all", "on"), tuple(rows))


SECTIONS: dict[str, Callable[[Task, bool], Table]] = {
    "summary": summary,
    "rounds": rounds,
    "differences": differences,
    "rare": rare,
    "selection": selection,
    "ledger": ledger,
    "seconds": seconds,
}


def guesses(task: Task) -> dict[str, dict[str, list[float]]]:
    """Guess % of each class by method, one value per seed whose data has truly clean samples of the class."""
    found: dict[str, dict[str, list[float]]] = {}
    for arm in _selecting(task):
        of_seeds = [entry["selection"]["guess"] for entry in _firsts(arm)]
        found[arm.name] = {
            name: [100 * guess[name] for guess in of_seeds if guess[name] is not None] for name in task.classes
        }
    return found


def spread(values: Iterable[float], digits: int = DIGITS) -> Spread | None:
    """Mean and standard deviation of the values, None without any. digits: for people."""
    several = list(values)
    return Spread(*statistics.mean_std(several), digits) if several else None


def _scores(arm: Arm, number: int, which: str) -> list[float]:
    return [result.rounds[number]["macro_f1"][which] for result in arm.by_seed.values()]


def _mean(values: Sequence[float]) -> float:
    return statistics.mean_std(values)[0]


def _aubc(arm: Arm) -> dict[int, float]:
    areas = {seed: statistics.aubc(arm.curve(seed)) for seed in arm.by_seed}
    return {seed: area for seed, area in areas.items() if area is not None}


def _last(arm: Arm) -> dict[int, float]:
    return {seed: arm.curve(seed)[-1][1] for seed in arm.by_seed}


_MEASURES: dict[str, Callable[[Arm], dict[int, float]]] = {"AUBC": _aubc, "macro-F1 in the end": _last}


def _reached(arm: Arm, target: float | None) -> list[Cell]:
    """Mean labels of the seeds that reach the target, and how many do."""
    if target is None:
        return [None, None]
    labels = [statistics.labels_to_reach(arm.curve(seed), target) for seed in arm.by_seed]
    found = [each for each in labels if each is not None]
    return [_exact_if_equal(found), f"{len(found)} of {len(labels)}"]


def _exact_if_equal(values: Sequence[float]) -> Cell:
    """The count that all have, else their spread; None without any."""
    if values and len(set(values)) == 1:
        return int(values[0])
    return spread((float(value) for value in values), digits=1)


def _has_rounds(arm: Arm) -> bool:
    return any(len(result.rounds) > 1 for result in arm.by_seed.values())


def _selecting(task: Task) -> list[Arm]:
    """The LNLs that leave a clean set and whose truth is known."""
    return [arm for arm in task.learned if any(entry["clean_size"] for entry in _firsts(arm))]


def _firsts(arm: Arm) -> list[Mapping[str, Any]]:
    """Round 0 of each seed, where it tells how good the clean set is."""
    firsts = [result.rounds[0] for result in arm.by_seed.values()]
    return [entry for entry in firsts if "selection" in entry]


def _published_summary(task: Task) -> Callable[[Arm], list[Cell]] | None:
    """What the paper says of an arm: the ceiling's macro-F1, and the labels until CT_VOG reached it."""
    ceiling = published.CEILING.get(task.dataset)
    labels = published.RELABELS.get((task.dataset, task.noise or 0.0))
    if ceiling is None:
        return None
    return lambda arm: [ceiling if arm.method == CEILING else None, labels if arm.method == "ct-vog" else None]
