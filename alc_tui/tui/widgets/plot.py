"""A plot with axes: lines, marks and error bars, distinguished by shape and not by color alone.

Drawn by textual-plot, a Textual widget without global state that supports error bars.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Mount
from textual.widgets import Static
from textual_plot import HiResMode, PlotWidget
from textual_plot.axis_formatter import NumericAxisFormatter

from alc_tui.tui import palette

_MARGIN = 0.04
"""Fraction of the axis left empty at each end, because a mark on the frame would be invisible."""
_NARROWEST = 0.1
"""The smallest range of scores that fills the height, so as not to magnify noise."""
_COLUMNS_PER_TICK = 9
_ROWS_PER_TICK = 3


@dataclass(frozen=True)
class Series:
    """Points of one kind. x, y: of equal length. marks: one character per point, one for all, or "" for none.

    intervals: (low, high) of each y, None where unknown. color: a name in `palette.Palette`.
    """

    x: Sequence[float]
    y: Sequence[float]
    marks: str = "●"
    intervals: Sequence[Sequence[float] | None] = ()
    has_line: bool = False
    color: str = "key"

    def marked(self, mark: str) -> tuple[list[float], list[float]]:
        """x and y of the points that have this mark."""
        marks = self.marks * len(self.x) if len(self.marks) == 1 else self.marks
        places = [place for place, one in enumerate(marks) if one == mark]
        return [self.x[place] for place in places], [self.y[place] for place in places]

    @property
    def extent(self) -> list[float]:
        """All values of y that must be visible."""
        return [*self.y, *(end for interval in self.intervals if interval for end in interval)]


class Plot(Vertical):
    """A title, and the plot below it."""

    DEFAULT_CSS = """
    Plot .title { height: auto; color: $text-muted; }
    Plot PlotWidget { height: 1fr; }
    """

    def __init__(self, title: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = title
        self._shown: tuple[tuple[Series, ...], tuple[float, float] | None, bool] = ((), None, False)

    def compose(self) -> ComposeResult:
        """Title and plot."""
        yield Static(self._title, markup=False, classes="title")
        yield _Drawing()

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._draw())

    def show(
        self, series: Sequence[Series], x_range: tuple[float, float] | None = None, are_shares: bool = True
    ) -> None:
        """Draw these series. x_range: of the axis; None for the range of x. are_shares: y is in [0, 1]."""
        shown = (tuple(series), x_range, are_shares)
        if shown != self._shown:
            self._shown = shown
            self._draw()

    def _draw(self) -> None:
        for drawing in self.query(_Drawing):
            if drawing.is_complete:
                self._draw_on(drawing)

    def _draw_on(self, drawing: _Drawing) -> None:
        series, x_range, are_shares = self._shown
        drawing.clear()
        xs = [x for one in series for x in one.x if math.isfinite(x)]
        ys = [y for one in series for y in one.extent if math.isfinite(y)]
        if not xs or not ys:
            return
        left, right = x_range or (min(xs), max(xs))
        bottom, top = _scores(min(ys), max(ys)) if are_shares else (min(ys), max(ys))
        drawing.set_xlimits(*_with_margin(left, right))
        drawing.set_ylimits(*_with_margin(bottom, top))
        for one in series:
            drawing.add_lines(one, self._color(one))
        for one in series:
            for mark in dict.fromkeys(one.marks):
                drawing.scatter(*one.marked(mark), marker=mark, marker_style=f"bold {self._color(one)}")

    def _color(self, series: Series) -> str:
        color: str = getattr(palette.of(self), series.color)
        return color


class _Drawing(PlotWidget, can_focus=False, inherit_bindings=False):
    """The plot without key bindings and with a readable number of ticks."""

    def __init__(self) -> None:
        super().__init__(allow_pan_and_zoom=False)
        self.set_x_formatter(_Ticks(lambda: self.size.width // _COLUMNS_PER_TICK, are_whole=True))
        self.set_y_formatter(_Ticks(lambda: self.size.height // _ROWS_PER_TICK))

    @property
    def is_complete(self) -> bool:
        """Whether its child widgets exist; they are missing if the app closes while the plot is being mounted."""
        return bool(self.children)

    @on(Mount)
    def _fill_the_room(self, event: Mount) -> None:
        if self.is_complete:
            self.margin_top, self.margin_bottom, self.margin_left = 0, 1, 6
        else:
            event.prevent_default()

    def _update_margin_sizes(self) -> None:
        # A private method of textual-plot, which fails on a plot without its parts; no public one is called before it.
        if self.is_complete:
            super()._update_margin_sizes()

    def add_lines(self, series: Series, color: str) -> None:
        """Add the line and the error bars of a series, which its marks are drawn over."""
        if series.has_line:
            self.plot(series.x, series.y, line_style=color, hires_mode=HiResMode.BRAILLE)
        for x, interval in zip(series.x, series.intervals, strict=False):
            if interval:
                low, high = interval
                middle, half = (low + high) / 2, (high - low) / 2
                self.errorbar([x], [middle], yerr=[half], marker="│", marker_style=color)


class _Ticks(NumericAxisFormatter):
    """Ticks at multiples of 1, 2 or 5 times a power of ten, at most `max_ticks` of them."""

    def __init__(self, max_ticks: Callable[[], int], are_whole: bool = False) -> None:
        self._max_ticks, self._are_whole = max_ticks, are_whole

    def get_ticks(self, min_: float, max_: float, max_ticks: int = 8) -> list[float]:
        count = max(2, min(max_ticks, self._max_ticks()))
        power = math.floor(math.log10((max_ - min_) / count))
        for step in (unit * 10.0**exponent for exponent in (power, power + 1) for unit in (1, 2, 5)):
            first, last = math.ceil(min_ / step), math.floor(max_ / step)
            if last - first < count and (step >= 1 or not self._are_whole):
                return [number * step for number in range(first, last + 1)]
        return []

    def get_labels_for_ticks(self, ticks: Sequence[float]) -> list[str]:
        if len(ticks) == 1:
            return [f"{ticks[0]:g}"]
        return super().get_labels_for_ticks(ticks)


def _scores(low: float, high: float) -> tuple[float, float]:
    """A sufficiently wide range of scores within [0, 1]."""
    missing = max(0.0, _NARROWEST - (high - low)) / 2
    low, high = low - missing, high + missing
    shift = max(0.0, -low) - max(0.0, high - 1.0)
    return low + shift, high + shift


def _with_margin(low: float, high: float) -> tuple[float, float]:
    margin = (high - low) * _MARGIN or 0.9
    return low - margin, high + margin
