"""The plots of `alc bench plot` as text: means over seeds, without color."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from string import ascii_uppercase

from alc_tui.bench.arms import Arm, Condition, conditions
from alc_tui.bench.plots.figures import arms_with_curve, f1_by_round, mean_curve
from alc_tui.bench.report.sections import guess_percentages, mean_with_std
from alc_tui.bench.report.table import Table, columns
from alc_tui.bench.report.text import as_text
from alc_tui.bench.results import RunResult
from alc_tui.text.bars import bar
from alc_tui.text.sparkline import sparkline

Points = Sequence[tuple[float, float]]

_SMALLEST = (20, 5)
_BAR = 20


def charts(results: Sequence[RunResult], width: int, height: int) -> list[str]:
    """All charts that the results allow, by condition: curves in `width` columns, guess % and F1 per class."""
    all_charts = (
        chart
        for condition in conditions(results)
        for chart in (macro_f1(condition, width, height), guess(condition, width), f1_per_class(condition, width))
    )
    return [chart for chart in all_charts if chart is not None]


def macro_f1(condition: Condition, width: int, height: int) -> str | None:
    """Macro-F1 against labels decided, one letter per arm, and that of the last round; None without two rounds."""
    arms = arms_with_curve(condition)
    if not arms:
        return None
    curves = {}
    for arm in arms:
        labels, mean, _ = mean_curve(arm)
        curves[arm.name] = list(zip(labels.tolist(), mean.tolist(), strict=True))
    legend = [f"{letter}  {_final(arm)}  {arm.name}" for letter, arm in zip(_letters(len(arms)), arms, strict=True)]
    if condition.ceiling is not None:
        legend.append(f"   {_final(condition.ceiling)}  all labels clean")
    title = f"{condition.name}: macro-F1 against labels decided"
    return "\n".join([title, "", line_chart(curves, width, height), "", *legend])


def guess(condition: Condition, width: int) -> str | None:
    """Guess % of each class as bars; None if LNL selected no clean set."""
    rows = tuple(
        (name, method, _track(share.mean / 100) if share else "", share)
        for name in condition.classes
        for method, by_class in guess_percentages(condition).items()
        for share in [mean_with_std(by_class[name], digits=1)]
    )
    names = columns("class", "method", "", "guess %")
    return as_text(Table(f"{condition.name}: guess % after LNL", names, rows, keys=2), width) if rows else None


def f1_per_class(condition: Condition, width: int) -> str | None:
    """F1 of each class by round, as sparklines from 0 to 1; None if no arm has two rounds."""
    arms = arms_with_curve(condition)
    rows = tuple(
        (name, arm.name, sparkline(scores), scores[0], scores[-1])
        for name in condition.classes
        for arm in arms
        for scores in [f1_by_round(arm, name).tolist()]
    )
    names = columns("class", "method", "by round", "first", "last")
    return as_text(Table(f"{condition.name}: F1 by round", names, rows, keys=2), width) if rows else None


def _track(share: float) -> str:
    """A bar on a dotted line that marks 100 %."""
    return bar(share, _BAR).replace(" ", "·")


def _final(arm: Arm) -> str:
    """Macro-F1 of the last round."""
    _, mean, std = mean_curve(arm)
    return f"{mean[-1]:.3f}" + (f" ± {std[-1]:.3f}" if len(arm.by_seed) > 1 else "")


def line_chart(curves: Mapping[str, Points], width: int, height: int) -> str:
    """The curves in a frame with axes and `height` lines of plot; earlier curves cover later ones.

    Measured points are uppercase letters; the lines between them are lowercase.
    """
    width, height = max(width, _SMALLEST[0]), max(height, _SMALLEST[1])
    points = [point for curve in curves.values() for point in curve]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    margin = 7
    plot_width = width - margin
    cells = [[" "] * plot_width for _ in range(height)]

    def column(x: float) -> int:
        return round((x - left) / ((right - left) or 1) * (plot_width - 1))

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
    ends = f"{left:g}".ljust(plot_width - len(f"{right:g}")) + f"{right:g}"
    return "\n".join([*lines, " " * 6 + "└" + "─" * plot_width, " " * margin + ends])


def _letters(number: int) -> str:
    return (ascii_uppercase * (number // len(ascii_uppercase) + 1))[:number]
