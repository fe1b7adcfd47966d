"""The figures of `plot` as characters, for a terminal, means over the seeds. No colors, no display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from string import ascii_uppercase

from alc_tui.bench.arms import Arm, Task, tasks
from alc_tui.bench.plots.figures import band, curved, f1_by_round
from alc_tui.bench.report.sections import guesses, spread
from alc_tui.bench.report.table import Table, as_text
from alc_tui.bench.results import Result

Points = Sequence[tuple[float, float]]

_SMALLEST = (20, 5)
_BAR = 20
_LEVELS = " ▁▂▃▄▅▆▇█"


def of_results(results: Sequence[Result], width: int, height: int) -> list[str]:
    """What the results allow, task by task: curves in `width` columns, guess % and F1 per class."""
    made = (
        chart
        for task in tasks(results)
        for chart in (macro_f1(task, width, height), guess(task, width), f1_per_class(task, width))
    )
    return [chart for chart in made if chart is not None]


def macro_f1(task: Task, width: int, height: int) -> str | None:
    """Macro-F1 against labels decided, a letter for each arm, and that of the last round; None without two rounds."""
    arms = curved(task)
    if not arms:
        return None
    curves = {}
    for arm in arms:
        labels, mean, _ = band(arm)
        curves[arm.name] = list(zip(labels.tolist(), mean.tolist(), strict=True))
    legend = [f"{letter}  {_end(arm)}  {arm.name}" for letter, arm in zip(_letters(len(arms)), arms, strict=True)]
    if task.ceiling is not None:
        legend.append(f"   {_end(task.ceiling)}  all labels clean")
    title = f"{task.name}: macro-F1 against labels decided"
    return "\n".join([title, "", drawn(curves, width, height), "", *legend])


def guess(task: Task, width: int) -> str | None:
    """Guess % of each class as bars; None without a clean set of LNL."""
    rows = tuple(
        (name, method, _bar(told.mean / 100) if told else "", told)
        for name in task.classes
        for method, by_class in guesses(task).items()
        for told in [spread(by_class[name], digits=1)]
    )
    columns = ("class", "method", "", "guess %")
    return as_text(Table(f"{task.name}: guess % after LNL", columns, rows, keys=2), width) if rows else None


def f1_per_class(task: Task, width: int) -> str | None:
    """F1 of each class over the rounds, from 0 to 1 in eighths; None without an arm of two rounds."""
    arms = curved(task)
    rows = tuple(
        (name, arm.name, "".join(map(_level, scores)), scores[0], scores[-1])
        for name in task.classes
        for arm in arms
        for scores in [f1_by_round(arm, name).tolist()]
    )
    columns = ("class", "method", "by round", "first", "last")
    return as_text(Table(f"{task.name}: F1 by round", columns, rows, keys=2), width) if rows else None


def _end(arm: Arm) -> str:
    """Macro-F1 of the last round."""
    _, mean, std = band(arm)
    return f"{mean[-1]:.3f}" + (f" ± {std[-1]:.3f}" if len(arm.by_seed) > 1 else "")


def _bar(share: float) -> str:
    return "█" * round(_BAR * share) + "·" * (_BAR - round(_BAR * share))


def _level(score: float) -> str:
    return _LEVELS[max(1, round(score * (len(_LEVELS) - 1)))]


def drawn(curves: Mapping[str, Points], width: int, height: int) -> str:
    """The curves in a frame with axes, `height` lines of plot; where two meet, the earlier letter is seen.

    A measured point is a capital letter, the line between two a small one.
    """
    width, height = max(width, _SMALLEST[0]), max(height, _SMALLEST[1])
    points = [point for curve in curves.values() for point in curve]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    margin = 7
    columns = width - margin
    cells = [[" "] * columns for _ in range(height)]

    def column(x: float) -> int:
        return round((x - left) / ((right - left) or 1) * (columns - 1))

    def line(y: float) -> int:
        return round((high - y) / ((high - low) or 1) * (height - 1))

    letters = _letters(len(curves))
    for letter, curve in reversed(list(zip(letters, curves.values(), strict=True))):
        for (x1, y1), (x2, y2) in pairwise(curve):
            for at in range(column(x1), column(x2) + 1):
                share = (at - column(x1)) / max(column(x2) - column(x1), 1)
                cells[line(y1 + share * (y2 - y1))][at] = letter.lower()
    for letter, curve in reversed(list(zip(letters, curves.values(), strict=True))):
        for x, y in curve:
            cells[line(y)][column(x)] = letter
    marks = {0: high, height // 2: high - (high - low) * (height // 2) / (height - 1), height - 1: low}
    lines = [
        (f"{marks[number]:.3f} ┤" if number in marks else " " * 6 + "│") + "".join(row).rstrip()
        for number, row in enumerate(cells)
    ]
    ends = f"{left:g}".ljust(columns - len(f"{right:g}")) + f"{right:g}"
    return "\n".join([*lines, " " * 6 + "└" + "─" * columns, " " * margin + ends])


def _letters(number: int) -> str:
    return (ascii_uppercase * (number // len(ascii_uppercase) + 1))[:number]
