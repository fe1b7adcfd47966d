"""Draws the paper's figures from results, as PNG and SVG. Requires the extra `plot` (matplotlib) but no display."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from alc_tui.bench.arms import Arm, Condition, conditions
from alc_tui.bench.report.sections import guess_percentages
from alc_tui.bench.results import RunResult
from alc_tui.bench.statistics import mean_std
from alc_tui.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = NDArray[np.float64]

_MARKERS = "osD^v<>PX"
"""Nine markers, coprime to the four line styles and the ten colors: combinations repeat only after 36 arms, or after 90
with colors."""
_STYLES = ("-", "--", "-.", ":")
_DPI = 150
_LONGEST = 100
"""Maximum length of the condition's name within a file name."""


def draw(results: Sequence[RunResult], folder: Path) -> list[Path]:
    """Draw all figures that the results allow as PNG and SVG; returns the files. The folder is created if needed.

    For each condition: macro-F1 against labels decided, guess % per class, and F1 per class over the rounds.
    Raises UsageError if matplotlib is missing.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise UsageError(
            "Figures need matplotlib, which is not installed; run `pip install 'alc-tui[plot]'`, or add --terminal."
        ) from error
    files: list[Path] = []
    # The ids in an SVG are derived from this salt: the same results give the same file.
    with matplotlib.rc_context({"svg.hashsalt": "alc"}):
        for condition, name in _file_names(conditions(results)):
            for kind, build in (("macro-f1", macro_f1), ("guess", guess), ("f1-per-class", f1_per_class)):
                figure = build(condition)
                if figure is None:
                    continue
                folder.mkdir(parents=True, exist_ok=True)
                for suffix, metadata in (("png", {}), ("svg", {"Date": None})):
                    path = folder / f"{name}-{kind}.{suffix}"
                    figure.savefig(path, dpi=_DPI, metadata=metadata)
                    files.append(path)
    return files


def macro_f1(condition: Condition) -> Figure | None:
    """Macro-F1 against labels decided, mean over seeds with a band of ± one standard deviation (Figures 2 and 3)."""
    arms = arms_with_curve(condition)
    if not arms:
        return None
    figure = _figure(8, 5)
    axes = figure.subplots()
    for number, arm in enumerate(arms):
        labels, mean, std = mean_curve(arm)
        (line,) = axes.plot(labels, mean, label=arm.name, **_line_style(number))
        axes.fill_between(labels, mean - std, mean + std, color=line.get_color(), alpha=0.15, linewidth=0)
    if condition.ceiling is not None:
        axes.axhline(mean_curve(condition.ceiling)[1][-1], color="black", linewidth=1, label="all labels clean")
    axes.set(title=condition.name, xlabel="labels decided", ylabel="macro-F1 on the test set")
    _finish(figure, axes)
    return figure


def guess(condition: Condition) -> Figure | None:
    """Guess % per class: the share of the truly clean samples that LNL selected."""
    shares = guess_percentages(condition)
    if not shares:
        return None
    figure = _figure(max(8.0, 1.1 * len(condition.classes)), 4.5)
    axes = figure.subplots()
    positions, width = np.arange(len(condition.classes)), 0.8 / len(shares)
    hatches = ("", "//", "..", "xx", "\\\\", "++")
    for number, (name, by_class) in enumerate(shares.items()):
        spreads = [mean_std(by_class[each]) if by_class[each] else (0.0, None) for each in condition.classes]
        axes.bar(
            positions + width * (number - (len(shares) - 1) / 2),
            [mean for mean, _ in spreads],
            width,
            yerr=[std or 0.0 for _, std in spreads],
            label=name,
            hatch=hatches[number % len(hatches)],
            edgecolor="white",
            capsize=2,
        )
    axes.set_xticks(positions, [_plain(name) for name in condition.classes], rotation=30, ha="right")
    axes.set(title=condition.name, ylabel="guess %")
    _finish(figure, axes)
    return figure


def f1_per_class(condition: Condition) -> Figure | None:
    """F1 of each class over the rounds, one small plot per class."""
    arms = arms_with_curve(condition)
    if not arms:
        return None
    columns = min(4, len(condition.classes))
    rows = -(-len(condition.classes) // columns)
    figure = _figure(3.2 * columns, 2.6 * rows + 0.8)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for position, name in enumerate(condition.classes):
        axes = grid[position // columns][position % columns]
        for number, arm in enumerate(arms):
            mean = f1_by_round(arm, name)
            axes.plot(range(len(mean)), mean, label=arm.name, **_line_style(number))
        axes.set_title(_plain(name), fontsize=9)
        axes.grid(alpha=0.3)
        if position + columns >= len(condition.classes):
            axes.tick_params(labelbottom=True)
            axes.set_xlabel("round", fontsize=9)
    for position in range(len(condition.classes), rows * columns):
        grid[position // columns][position % columns].set_visible(False)
    figure.suptitle(_plain(condition.name))
    figure.supylabel("F1 on the test set", fontsize=9)
    _legend(figure, grid[0][0])
    return figure


def arms_with_curve(condition: Condition) -> list[Arm]:
    """The arms that have a curve: at least two rounds completed by all seeds."""
    return [arm for arm in condition.arms if len(mean_curve(arm)[0]) > 1]


def mean_curve(arm: Arm) -> tuple[Numbers, Numbers, Numbers]:
    """Labels decided, mean macro-F1 and its standard deviation (0 for one seed) by round, float64[rounds] each.

    Only rounds that all seeds have.
    """
    curves = [arm.curve(seed) for seed in arm.by_seed]
    number = min(len(curve) for curve in curves)
    points = np.array([curve[:number] for curve in curves])
    std = points[:, :, 1].std(axis=0, ddof=1) if len(curves) > 1 else np.zeros(number)
    return points[:, :, 0].mean(axis=0), points[:, :, 1].mean(axis=0), std


def f1_by_round(arm: Arm, name: str) -> Numbers:
    """Mean F1 of a class by round, float64[rounds]; only rounds that all seeds have."""
    number = min(len(result.rounds) for result in arm.results)
    scores = [[each.f1[name] for each in result.rounds[:number]] for result in arm.results]
    means: Numbers = np.array(scores).mean(axis=0)
    return means


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _line_style(number: int) -> dict[str, Any]:
    """Marker and line style, which distinguish arms even without color."""
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
    """Add a legend below the plots, where it does not cover the curves."""
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3, fontsize=8, frameon=False)


def _plain(name: str) -> str:
    """A name from the data with dollar signs escaped, which would start a formula."""
    return name.replace("$", r"\$")


def _file_names(subjects: Sequence[Condition]) -> list[tuple[Condition, str]]:
    """Each condition with the prefix of its files: the end of its name, numbered if two would be the same."""
    names: list[str] = []
    for condition in subjects:
        base = name = re.sub(r"[^A-Za-z0-9.]+", "-", condition.name)[-_LONGEST:].strip("-.") or "condition"
        number = 1
        while name in names:
            number += 1
            name = f"{base}-{number}"
        names.append(name)
    return list(zip(subjects, names, strict=True))
