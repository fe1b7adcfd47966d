"""Builds the tables of a benchmark report from results. Independent of files and output formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np

from alc_tui.bench import statistics
from alc_tui.bench.arms import CEILING, Arm, Condition, conditions
from alc_tui.bench.report import published
from alc_tui.bench.report.table import DIGITS, Cell, Column, MeanStd, Table, columns
from alc_tui.bench.results import RoundResult, RunResult

SHARES = (0.95, 1.0)
"""Target fractions of the ceiling's macro-F1, for which the required labels are counted."""
_LEDGER = ("shown", "confirmed", "changed", "skipped", "flagged", "excluded", "free_corrections")
_SEED = 0
"""Seed of the bootstrap, so that the same results produce the same report."""
_FINAL = "final macro-F1"
_RARE = "final recall of the rare classes"


@dataclass(frozen=True)
class Section:
    """A table of the report. key: its kind, one of `SECTIONS`; condition: its subject, by name."""

    key: str
    condition: str
    table: Table


def sections(results: Sequence[RunResult], with_published: bool, only: str | None = None) -> list[Section]:
    """The tables of all conditions, one condition after the other, without those that have no rows.

    with_published: include the paper's published results. only: limit to this kind.
    """
    tables = []
    for condition in conditions(results):
        for key, build in SECTIONS.items():
            if only in (None, key) and (table := build(condition, with_published)).rows:
                tables.append(Section(key, condition.name, table))
    return tables


def summary(condition: Condition, with_published: bool) -> Table:
    """One row per arm: first and last scores, area under the budget curve, labels needed to reach the ceiling."""
    ceiling = None if condition.ceiling is None else statistics.mean_std(_macro_f1(condition.ceiling, -1))[0]
    names: list[str | Column] = ["method", "seeds", "macro-F1 after LNL", Column(_FINAL, "macro_f1_in_the_end")]
    names += [Column(f"{_FINAL}, last epoch", "its_last_epoch"), "AUBC"]
    rare_classes = condition.rare_classes()
    names += [_RARE] if rare_classes else []
    for share in SHARES:
        names += [f"labels to {share:.0%} of the ceiling", f"seeds that reach {share:.0%}"]
    published_cells = _published_summary(condition) if with_published else None
    names += [] if published_cells is None else ["macro-F1, published", "labels to 100%, published"]
    rows = []
    for arm in condition.all:
        row: list[Cell] = [
            arm.name,
            len(arm.results),
            mean_with_std(_macro_f1(arm, 0)),
            mean_with_std(_macro_f1(arm, -1)),
            mean_with_std(result.rounds[-1].macro_f1.last for result in arm.results),
            mean_with_std(_aubc(arm).values()),
        ]
        row += [mean_with_std(_rare_recall(arm, rare_classes).values())] if rare_classes else []
        for share in SHARES:
            row += _labels_to_reach(arm, None if ceiling is None or arm.method == CEILING else share * ceiling)
        row += [] if published_cells is None else published_cells(arm)
        rows.append(tuple(row))
    return Table(f"{condition.name}: summary", columns(*names), tuple(rows))


def rounds(condition: Condition, _with_published: bool) -> Table:
    """Macro-F1 of each round, mean ± standard deviation over the seeds."""
    rows = []
    for arm in condition.all:
        for number in range(max(len(result.rounds) for result in arm.results)):
            of_seeds = [result.rounds[number] for result in arm.results if number < len(result.rounds)]
            rows.append(
                (
                    arm.name,
                    number,
                    _exact_if_equal([each.decided_total for each in of_seeds]),
                    mean_with_std(each.macro_f1.best for each in of_seeds),
                    mean_with_std(each.macro_f1.last for each in of_seeds),
                    len(of_seeds),
                )
            )
    names = columns("method", "round", "labels", "macro-F1, best validation", "macro-F1, last epoch", "seeds")
    return Table(f"{condition.name}: macro-F1 by round", names, tuple(rows), keys=2)


def differences(condition: Condition, _with_published: bool) -> Table:
    """All pairs of arms, paired by seed: by the area under the budget curve, and by the macro-F1 and the mean recall of
    the rare classes in the last round.

    Arms without rounds, which spend no labels, are compared only with each other.
    """
    rows: list[tuple[Cell, ...]] = []
    pairs = [(one, other) for one, other in combinations(condition.arms, 2) if _has_rounds(one) == _has_rounds(other)]
    rare_classes = condition.rare_classes()
    measures: dict[str, Callable[[Arm], dict[int, float]]] = {"AUBC": _aubc, _FINAL: _final}
    if rare_classes:
        measures[_RARE] = partial(_rare_recall, classes=rare_classes)
    for measure, of in measures.items():
        for first, second in pairs:
            difference = statistics.paired_difference(of(first), of(second), np.random.default_rng(_SEED))
            if difference is None:
                continue
            low, high = difference.interval or (None, None)
            verdict = statistics.verdict(difference.n, difference.p, difference.interval)
            rows.append(
                (measure, first.name, second.name, difference.n, difference.mean, low, high, difference.p, verdict)
            )
    names = columns("measure", "first", "second", "seeds", "first − second", "low", "high", "p", "verdict")
    return Table(f"{condition.name}: paired differences", names, tuple(rows), keys=3, notes=_caveats(rows))


def _caveats(rows: Sequence[tuple[Cell, ...]]) -> tuple[str, ...]:
    """Notes on what the numbers of `differences` mean, and what they cannot support."""
    numbers = sorted({int(str(row[3])) for row in rows})
    notes = [
        f"low, high: {statistics.LEVEL:.0%} bootstrap interval of the mean difference, too narrow for few seeds. "
        "p: exact two-sided Wilcoxon signed-rank test"
        + (f", not corrected for the {len(rows)} comparisons." if len(rows) > 1 else ".")
    ]
    if any(n > statistics.EXACT_PAIRS for n in numbers):
        patterns = 2**statistics.EXACT_PAIRS
        notes.append(
            f"If more than {statistics.EXACT_PAIRS} seeds have ties, p is estimated from {patterns:,} sign patterns."
        )
    notes += [sentence for n in numbers if (sentence := statistics.too_few(n))]
    if any(row[-1] == statistics.NOT_SHOWN for row in rows):
        notes.append(f"The verdict {statistics.NOT_SHOWN!r} does not prove that there is no difference.")
    return tuple(notes)


def rare(condition: Condition, with_published: bool) -> Table:
    """The paper's Table 1: test recall of the rare classes after LNL, and guess % of LNL's clean set."""
    figures = published.TABLE_1.get((condition.dataset, condition.noise or 0.0)) if with_published else None
    names = ["class", "method", "recall", "guess %", "seeds"]
    names += ["recall, published", "guess %, published"] if figures else []
    rows, shares = [], guess_percentages(condition)
    for name in condition.rare_classes():
        for arm in _selecting(condition):
            first = _first_rounds(arm)
            row: list[Cell] = [
                name,
                arm.name,
                mean_with_std(each.recall[name] for each in first),
                mean_with_std(shares[arm.name][name], digits=2),
                len(first),
            ]
            row += list(figures.get((arm.method, name), (None, None))) if figures else []
            rows.append(tuple(row))
    return Table(f"{condition.name}: rare classes after LNL", columns(*names), tuple(rows), keys=2)


def selection(condition: Condition, _with_published: bool) -> Table:
    """The quality of LNL's clean set."""
    rows = []
    for arm in _selecting(condition):
        first = _first_rounds(arm)
        scores = [each.selection for each in first if each.selection is not None]
        rows.append(
            (
                arm.name,
                mean_with_std((float(each.clean_size) for each in first), digits=0),
                mean_with_std(each.precision for each in scores if each.precision is not None),
                mean_with_std(each.recall for each in scores if each.recall is not None),
                len(first),
            )
        )
    names = columns("method", "clean set", "precision", "recall", "seeds")
    return Table(f"{condition.name}: clean set after LNL", names, tuple(rows))


def ledger(condition: Condition, _with_published: bool) -> Table:
    """The labeling cost of all rounds, averaged over seeds, including free corrections."""
    rows = []
    for arm in condition.arms:
        totals = [[sum(getattr(each.ledger, name) for each in r.rounds) for name in _LEDGER] for r in arm.results]
        rows.append((arm.name, *(_exact_if_equal(counts) for counts in zip(*totals, strict=True)), len(arm.results)))
    names = columns("method", *(name.replace("_", " ") for name in _LEDGER), "seeds")
    return Table(f"{condition.name}: ledger", names, tuple(rows))


def seconds(condition: Condition, _with_published: bool) -> Table:
    """Run times; LNL shared by several samplers is counted for each of them."""
    rows = []
    for arm in condition.all:
        rows.append(
            (
                arm.name,
                mean_with_std((result.rounds[0].seconds for result in arm.results), digits=1),
                mean_with_std((each.seconds for result in arm.results for each in result.rounds[1:]), digits=1),
                mean_with_std((result.seconds for result in arm.results), digits=1),
                ", ".join(sorted({f"{result.device}, threads: {result.threads}" for result in arm.results})),
            )
        )
    names = columns("method", "LNL", Column("per round", "a_round"), Column("total", "in_all"), Column("device", "on"))
    return Table(f"{condition.name}: seconds", names, tuple(rows))


SECTIONS: dict[str, Callable[[Condition, bool], Table]] = {
    "summary": summary,
    "rounds": rounds,
    "differences": differences,
    "rare": rare,
    "selection": selection,
    "ledger": ledger,
    "seconds": seconds,
}


def guess_percentages(condition: Condition) -> dict[str, dict[str, list[float]]]:
    """Guess % of each class by method: one value per seed whose data has truly clean samples of the class."""
    shares: dict[str, dict[str, list[float]]] = {}
    for arm in _selecting(condition):
        of_seeds = [each.selection.guess for each in _first_rounds(arm) if each.selection is not None]
        shares[arm.name] = {
            name: [100 * share for guess in of_seeds if (share := guess[name]) is not None]
            for name in condition.classes
        }
    return shares


def mean_with_std(values: Iterable[float], digits: int = DIGITS) -> MeanStd | None:
    """Mean and standard deviation of the values, None if there are none. digits: decimals to display."""
    collected = list(values)
    return MeanStd(*statistics.mean_std(collected), digits) if collected else None


def _macro_f1(arm: Arm, number: int) -> list[float]:
    """Macro-F1 at the best epoch of a round, by seed."""
    return [result.rounds[number].macro_f1.best for result in arm.results]


def _aubc(arm: Arm) -> dict[int, float]:
    areas = {seed: statistics.aubc(arm.curve(seed)) for seed in arm.by_seed}
    return {seed: area for seed, area in areas.items() if area is not None}


def _final(arm: Arm) -> dict[int, float]:
    return {seed: arm.curve(seed)[-1][1] for seed in arm.by_seed}


def _rare_recall(arm: Arm, classes: Sequence[str]) -> dict[int, float]:
    recalls = {seed: result.rounds[-1].recall for seed, result in arm.by_seed.items()}
    return {seed: float(np.mean([recall[name] for name in classes])) for seed, recall in recalls.items()}


def _labels_to_reach(arm: Arm, target: float | None) -> list[Cell]:
    """Mean labels of the seeds that reach the target, and how many do."""
    if target is None:
        return [None, None]
    labels = [statistics.labels_to_reach(arm.curve(seed), target) for seed in arm.by_seed]
    reached = [each for each in labels if each is not None]
    return [_exact_if_equal(reached), f"{len(reached)} of {len(labels)}"]


def _exact_if_equal(values: Sequence[float]) -> Cell:
    """The count if all are equal, else their spread; None without any."""
    if values and len(set(values)) == 1:
        return int(values[0])
    return mean_with_std((float(value) for value in values), digits=1)


def _has_rounds(arm: Arm) -> bool:
    return any(len(result.rounds) > 1 for result in arm.results)


def _selecting(condition: Condition) -> list[Arm]:
    """The LNL arms that select a clean set, if the truth is known."""
    return [arm for arm in condition.learned if any(each.clean_size for each in _first_rounds(arm))]


def _first_rounds(arm: Arm) -> list[RoundResult]:
    """Round 0 of each seed that has scores of LNL's selection."""
    return [result.rounds[0] for result in arm.results if result.rounds[0].selection is not None]


def _published_summary(condition: Condition) -> Callable[[Arm], list[Cell]] | None:
    """The paper's published results for an arm: the ceiling's macro-F1, and the labels that CT_VOG needed to reach
    it."""
    ceiling = published.CEILING.get(condition.dataset)
    labels = published.RELABELS.get((condition.dataset, condition.noise or 0.0))
    if ceiling is None:
        return None
    return lambda arm: [ceiling if arm.method == CEILING else None, labels if arm.method == "ct-vog" else None]
