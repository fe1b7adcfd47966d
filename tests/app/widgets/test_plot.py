"""A plot can be read without color: marks stand where the axes say, bars reach as far as their intervals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from alc_tui.text.sparkline import sparkline
from alc_tui.tui import palette
from alc_tui.tui.palette import DARK, LIGHT, THEMES
from alc_tui.tui.widgets.plot import Plot, Series


class Drawn(App[None]):
    """An app with nothing but a plot."""

    CSS = "Plot .title {height: auto} Plot PlotWidget {height: 1fr}"

    def compose(self) -> ComposeResult:
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = DARK.name
        yield Plot("what is drawn")


@asynccontextmanager
async def drawn(*series: Series, size: tuple[int, int] = (60, 22)) -> AsyncIterator[Pilot[None]]:
    async with Drawn().run_test(size=size) as pilot:
        pilot.app.query_one(Plot).show(series)
        await pilot.pause()
        yield pilot


def seen(pilot: Pilot[None]) -> list[str]:
    return ["".join(segment.text for segment in line) for line in pilot.app.screen._compositor.render_strips()]


def inside(pilot: Pilot[None]) -> list[str]:
    """The rows between the frame, with the labels of the y axis."""
    return [line for line in seen(pilot) if line[6] in "┃┫"]


def row_of(pilot: Pilot[None], text: str) -> int:
    return next(row for row, line in enumerate(inside(pilot)) if text in line)


def labels(pilot: Pilot[None]) -> dict[int, float]:
    """The labels of the y axis by their row."""
    return {row: float(line[:6]) for row, line in enumerate(inside(pilot)) if line[:6].strip()}


async def test_a_mark_stands_at_its_place_on_both_axes() -> None:
    async with drawn(Series([0, 40, 100], [0.5, 0.6, 0.7], marks="abc")) as pilot:
        at = {value: row for row, value in labels(pilot).items()}
        assert [row_of(pilot, mark) for mark in "abc"] == [at[0.5], at[0.6], at[0.7]]
        ticks = seen(pilot)[-1]
        for mark, label in (("b", "40"), ("c", "100")):
            column = inside(pilot)[row_of(pilot, mark)].index(mark)
            beginning = ticks.index(label)
            assert beginning <= column <= beginning + len(label)


async def test_a_single_tick_in_a_low_plot_shows_its_value() -> None:
    async with drawn(Series([0, 40, 100], [0.45, 0.6, 0.75], marks="abc"), size=(60, 9)) as pilot:
        assert labels(pilot) == {row_of(pilot, "b"): 0.6}


async def test_an_error_bar_reaches_from_the_low_to_the_high_end_of_its_interval() -> None:
    async with drawn(Series([1, 2], [0.5, 0.62], marks="ab", intervals=[(0.4, 0.7), None])) as pilot:
        lines = inside(pilot)
        column = lines[row_of(pilot, "a")].index("a")
        bar = [row for row, line in enumerate(lines) if line[column] in "│╷╵a"]
        at = {value: row for row, value in labels(pilot).items()}
        assert abs(bar[0] - at[0.7]) <= 1
        assert abs(bar[-1] - at[0.4]) <= 1
        assert bar == list(range(bar[0], bar[-1] + 1))
        other = lines[row_of(pilot, "b")].index("b")
        assert [line[other] for line in lines if line[other] in "│╷╵"] == []


async def test_scores_that_hardly_differ_do_not_fill_the_height() -> None:
    async with drawn(Series([1, 2], [0.500, 0.504], marks="ab")) as pilot:
        assert abs(row_of(pilot, "a") - row_of(pilot, "b")) <= 1
        values = list(labels(pilot).values())
        assert max(values) - min(values) >= 0.06


async def test_scores_near_an_end_keep_to_what_a_score_can_be() -> None:
    async with drawn(Series([1, 2], [0.99, 1.0], marks="ab")) as pilot:
        assert max(labels(pilot).values()) == 1.0


async def test_losses_may_be_of_any_size() -> None:
    async with drawn() as pilot:
        pilot.app.query_one(Plot).show([Series([1, 2, 3], [40, 20, 0], marks="1")], are_shares=False)
        await pilot.pause()
        values = sorted(labels(pilot).values())
        assert values[0] == 0
        assert values[-1] == 40


async def test_labels_spent_are_whole_numbers() -> None:
    async with drawn(Series([0, 2], [0.5, 0.6], marks="01"), size=(120, 22)) as pilot:
        assert seen(pilot)[-1].split() == ["0", "1", "2"]


async def test_a_single_round_is_drawn_too() -> None:
    async with drawn(Series([0], [0.5], marks="0", intervals=[(0.45, 0.56)], has_line=True)) as pilot:
        assert row_of(pilot, "0.50") == row_of(pilot, " 0 ")
        assert seen(pilot)[-1].split() == ["0"]


async def test_a_value_that_is_not_a_number_is_left_out() -> None:
    async with drawn(Series([1, 2, 3], [0.5, float("nan"), 0.6], marks="abc", has_line=True)) as pilot:
        text = "".join(inside(pilot))
        assert ("a" in text, "b" in text, "c" in text) == (True, False, True)


async def test_it_follows_the_size_of_the_terminal() -> None:
    async with drawn(Series([0, 50], [0.5, 0.6], marks="ab")) as pilot:
        await pilot.resize_terminal(100, 40)
        await pilot.pause()
        assert len(inside(pilot)) == 40 - 4  # title, frame above and below, tick labels
        assert max(len(line.rstrip()) for line in inside(pilot)) == 100
        assert {"a", "b"} <= set("".join(inside(pilot)))


@pytest.mark.parametrize("theme", [DARK, LIGHT])
async def test_its_colors_are_those_of_the_theme(theme: object) -> None:
    async with drawn(Series([0, 50], [0.5, 0.6], marks="@")) as pilot:
        pilot.app.theme = theme.name  # type: ignore[attr-defined]
        await pilot.pause()
        strips = pilot.app.screen._compositor.render_strips()
        styles = {segment.style for line in strips for segment in line if segment.text == "@"}
        expected = (palette.ON_DARK if theme is DARK else palette.ON_LIGHT).key
        assert {style.color.get_truecolor().hex for style in styles if style and style.color} == {expected}


@pytest.mark.parametrize(
    ("shares", "drawn"),
    [([0, 0.5, 1], "▁▅█"), ([0.07, 0.08], "▁▂"), ([float("nan"), 2, -1], " █▁"), ([], "")],
)
def test_a_sparkline_has_one_scale_for_all(shares: list[float], drawn: str) -> None:
    assert sparkline(shares) == drawn


@pytest.mark.parametrize("turns", range(0, 40, 4))
async def test_leaving_while_the_plot_is_mounted_causes_no_error(turns: int) -> None:
    async with App[None]().run_test() as pilot:
        pilot.app.screen.mount(Plot("what is drawn"))
        for _ in range(turns):
            await asyncio.sleep(0)
