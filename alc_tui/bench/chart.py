"""Macro-F1 against labels decided as characters, for a terminal: a letter for each arm. No colours, no display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from string import ascii_uppercase

from alc_tui.bench.arms import Task
from alc_tui.bench.plot import band

Points = Sequence[tuple[float, float]]

_SMALLEST = (20, 5)


def of_task(task: Task, width: int, height: int) -> str | None:
    """The task's chart in `width` columns, its arms' means over the seeds; None without an arm of two rounds."""
    bands = {arm.name: band(arm) for arm in task.arms}
    curves = {
        name: list(zip(labels.tolist(), mean.tolist(), strict=True))
        for name, (labels, mean, _) in bands.items()
        if len(labels) > 1
    }
    if not curves:
        return None
    legend = [f"{letter}  {name}" for letter, name in zip(_letters(len(curves)), curves, strict=True)]
    if task.ceiling is not None:
        legend.append(f"all labels clean: {band(task.ceiling)[1][-1]:.3f}")
    return "\n".join([f"{task.name}: macro-F1 against labels decided", "", drawn(curves, width, height), "", *legend])


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
