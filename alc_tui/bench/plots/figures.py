"""The paper's figures from results, as PNG and SVG. Needs the extra `plot` (matplotlib), and no display."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from alc_tui.bench.arms import Arm, Task, tasks
from alc_tui.bench.report.sections import guesses
from alc_tui.bench.results import Result
from alc_tui.bench.statistics import mean_std
from alc_tui.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = NDArray[np.float64]

_MARKERS = "osD^v<>PX"
"""Nine, prime to the four styles and to the ten colors: looks come again after 36 arms, or 90 in color."""
_STYLES = ("-", "--", "-.", ":")
_DPI = 150
_LONGEST = 100
"""Characters of a file's name that tell the task."""


def draw(results: Sequence[Result], folder: Path) -> list[Path]:
    """Draw what the results allow, as PNG and SVG into the folder, which is made if need be; returns the files.

    Of each task: macro-F1 against labels decided, guess % per class, and F1 per class over the rounds.
    Raises UsageError without matplotlib.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise UsageError("Plots need matplotlib; `pip install '.[plot]'` brings it, or add --terminal.") from error
    written: list[Path] = []
    # Ids in an SVG come from this salt: the same results give the same file.
    with matplotlib.rc_context({"svg.hashsalt": "alc"}):
        for task, name in _file_names(tasks(results)):
            for what, make in (("macro-f1", macro_f1), ("guess", guess), ("f1-per-class", f1_per_class)):
                figure = make(task)
                if figure is None:
                    continue
                folder.mkdir(parents=True, exist_ok=True)
                for kind, facts in (("png", {}), ("svg", {"Date": None})):
                    path = folder / f"{name}-{what}.{kind}"
                    figure.savefig(path, dpi=_DPI, metadata=facts)
                    written.append(path)
    return written


def macro_f1(task: Task) -> Figure | None:
    """Macro-F1 against labels decided, mean over the seeds in a band of ± one standard deviation (Figures 2 and 3)."""
    arms = curved(task)
    if not arms:
        return None
    figure = _figure(8, 5)
    axes = figure.subplots()
    for number, arm in enumerate(arms):
        labels, mean, std = band(arm)
        (line,) = axes.plot(labels, mean, label=arm.name, **_look(number))
        axes.fill_between(labels, mean - std, mean + std, color=line.get_color(), alpha=0.15, linewidth=0)
    if task.ceiling is not None:
        axes.axhline(band(task.ceiling)[1][-1], color="black", linewidth=1, label="all labels clean")
    axes.set(title=task.name, xlabel="labels decided", ylabel="macro-F1 on the test set")
    _finish(figure, axes)
    return figure


def guess(task: Task) -> Figure | None:
    """Guess % per class: of the truly clean samples, the share that LNL took for clean."""
    found = guesses(task)
    if not found:
        return None
    figure = _figure(max(8.0, 1.1 * len(task.classes)), 4.5)
    axes = figure.subplots()
    places, width = np.arange(len(task.classes)), 0.8 / len(found)
    hatches = ("", "//", "..", "xx", "\\\\", "++")
    for number, (name, by_class) in enumerate(found.items()):
        told = [mean_std(by_class[each]) if by_class[each] else (0.0, None) for each in task.classes]
        axes.bar(
            places + width * (number - (len(found) - 1) / 2),
            [mean for mean, _ in told],
            width,
            yerr=[std or 0.0 for _, std in told],
            label=name,
            hatch=hatches[number % len(hatches)],
            edgecolor="white",
            capsize=2,
        )
    axes.set_xticks(places, [_plain(name) for name in task.classes], rotation=30, ha="right")
    axes.set(title=task.name, ylabel="guess %")
    _finish(figure, axes)
    return figure


def f1_per_class(task: Task) -> Figure | None:
    """F1 of each class over the rounds, one small plot per class."""
    arms = curved(task)
    if not arms:
        return None
    columns = min(4, len(task.classes))
    rows = -(-len(task.classes) // columns)
    figure = _figure(3.2 * columns, 2.6 * rows + 0.8)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for place, name in enumerate(task.classes):
        axes = grid[place // columns][place % columns]
        for number, arm in enumerate(arms):
            mean = f1_by_round(arm, name)
            axes.plot(range(len(mean)), mean, label=arm.name, **_look(number))
        axes.set_title(_plain(name), fontsize=9)
        axes.grid(alpha=0.3)
        if place + columns >= len(task.classes):
            axes.tick_params(labelbottom=True)
            axes.set_xlabel("round", fontsize=9)
    for place in range(len(task.classes), rows * columns):
        grid[place // columns][place % columns].set_visible(False)
    figure.suptitle(_plain(task.name))
    figure.supylabel("F1 on the test set", fontsize=9)
    _legend(figure, grid[0][0])
    return figure


def curved(task: Task) -> list[Arm]:
    """The arms that have a curve: two rounds or more that all their seeds have."""
    return [arm for arm in task.arms if len(band(arm)[0]) > 1]


def band(arm: Arm) -> tuple[Numbers, Numbers, Numbers]:
    """Labels decided, mean macro-F1 and its standard deviation by round, float64[rounds] each, 0 with one seed.

    Rounds that a seed has not are left out for all.
    """
    curves = [arm.curve(seed) for seed in arm.by_seed]
    number = min(len(curve) for curve in curves)
    points = np.array([curve[:number] for curve in curves])
    std = points[:, :, 1].std(axis=0, ddof=1) if len(curves) > 1 else np.zeros(number)
    return points[:, :, 0].mean(axis=0), points[:, :, 1].mean(axis=0), std


def f1_by_round(arm: Arm, name: str) -> Numbers:
    """Mean F1 of a class by round, float64[rounds]; rounds that a seed has not are left out for all."""
    number = min(len(result.rounds) for result in arm.by_seed.values())
    scores = [[entry["f1"][name] for entry in result.rounds[:number]] for result in arm.by_seed.values()]
    means: Numbers = np.array(scores).mean(axis=0)
    return means


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _look(number: int) -> dict[str, Any]:
    """Marker and line, so that arms are told apart without color too."""
    return {
        "marker": _MARKERS[number % len(_MARKERS)],
        "linestyle": _STYLES[number % len(_STYLES)],
        "markersize": 4,
        "linewidth": 1.5,
    }


def _finish(figure: Figure, axes: Axes) -> None:
    axes.set_title(_plain(axes.get_title()))
    axes.grid(alpha=0.3)
    _legend(figure, axes)


def _legend(figure: Figure, axes: Axes) -> None:
    """Below the plots: inside it would lie on the curves."""
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3, fontsize=8, frameon=False)


def _plain(name: str) -> str:
    """A name from the data: a dollar would begin a formula."""
    return name.replace("$", r"\$")


def _file_names(drawn: Sequence[Task]) -> list[tuple[Task, str]]:
    """The tasks, each with what its files begin with: the end of its name, numbered where two would be the same."""
    names: list[str] = []
    for task in drawn:
        base = name = re.sub(r"[^A-Za-z0-9.]+", "-", task.name)[-_LONGEST:].strip("-.") or "task"
        number = 1
        while name in names:
            number += 1
            name = f"{base}-{number}"
        names.append(name)
    return list(zip(drawn, names, strict=True))
