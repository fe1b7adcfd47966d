"""The heading: two lines become one where the screen is wide and they fit, and nothing moves afterward."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.screen import Screen

from alc_tui.tui.widgets.heading import Heading
from tests.app.desk import at

SHORT = ("skin", "round 1 of 2"), ("isic", "image 3 of 5")
LONG = ("skin", "round 1 of 2"), ("isic", "image 3 of 5   " + "confirmed 2   " * 6)


class Headed(Screen[None]):
    def compose(self) -> ComposeResult:
        yield Heading()


@pytest.mark.parametrize(("columns", "lines"), [(99, 2), (100, 1), (200, 1)])
async def test_two_short_lines_are_one_from_100_columns_on(columns: int, lines: int) -> None:
    async with at(Headed(), (columns, 20)) as guest:
        heading = guest.app.screen.query_one(Heading)
        heading.show(*SHORT)
        await guest.waits_until(lambda: heading.size.height == lines)
        assert ("skin   isic" in guest.sees) == (lines == 1)
        assert ("round 1 of 2   image 3 of 5" in guest.sees) == (lines == 1)


async def test_lines_that_do_not_fit_into_one_stay_two_until_a_resize() -> None:
    async with at(Headed(), (100, 20)) as guest:
        heading = guest.app.screen.query_one(Heading)
        heading.show(*SHORT)
        await guest.waits_until(lambda: heading.size.height == 1)
        heading.show(*LONG)
        heading.show(*SHORT)
        await guest.waits_until(lambda: heading.size.height == 2)
        await guest.pilot.pause(0.1)
        assert heading.size.height == 2
        await guest.pilot.resize_terminal(110, 20)
        await guest.waits_until(lambda: heading.size.height == 1)
