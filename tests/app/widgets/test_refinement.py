"""On a slow line, an image is small first, then replaced by the full one while nobody presses a key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from alc_tui.tui.widgets.refinement import Refinement
from tests.app.viewer import COLORS, Images, Seat, sit

SLOW = 2_000.0
"""Bytes a second: 600 in the time for a part, which are three rows of one color."""


def slow_down(seat: Seat, bytes_per_second: float = SLOW) -> None:
    """The line turns out to be so slow, three times."""
    for _ in range(3):
        seat.app.delivery.line_speed.record(10_000, 10_000 / bytes_per_second)


def rows_of(seat: Seat) -> list[int]:
    """Cells of the picture in each row of the screen."""
    lines = seat.app.screen._compositor.render_strips()[: seat.preview.size.height]
    return [line.crop(0, 50).text.count("▄") for line in lines]


async def test_on_a_fast_line_nothing_is_limited() -> None:
    async with sit(Images((480, 480))) as seat:
        seat.preview.show(0)
        await seat.sees(0)
        assert (seat.size, seat.app.drafts) == ((48, 24), [False])
        assert list(seat.preview.refine()) == []


async def test_on_a_slow_line_an_image_is_small_first_and_full_after_a_few_parts() -> None:
    async with sit(Images((480, 480))) as seat:
        slow_down(seat)
        seat.preview.show(0)
        await seat.sees(0)
        assert (seat.size, seat.app.drafts) == ((24, 12), [True])
        parts = seat.preview.refine()
        heights = []
        for _ in parts:
            await seat.pilot.pause(0.02)
            heights.append(sum(columns == 48 for columns in rows_of(seat)))
        assert heights[-1] == 24
        grown = [height for height in heights if height]
        assert len(grown) >= 4
        assert grown == sorted(grown)
        assert (seat.size, seat.dots) == ((48, 24), {COLORS[0]})
        assert seat.app.painted == [(0, True)]


async def test_until_it_is_full_the_small_image_stays_above_the_new_rows() -> None:
    async with sit(Images((480, 480))) as seat:
        slow_down(seat)
        seat.preview.show(0)
        await seat.sees(0)
        for _ in seat.preview.refine():
            await seat.pilot.pause(0.02)
            if rows_of(seat)[-1] == 48:
                break
        rows = rows_of(seat)
        assert rows[:12] == [24] * 12
        assert rows[-1] == 48


async def test_the_next_image_ends_the_refinement_of_the_last_one() -> None:
    async with sit(Images((480, 480))) as seat:
        slow_down(seat)
        seat.preview.show(0, [1])
        await seat.sees(0)
        for _ in seat.preview.refine():
            await seat.pilot.pause(0.02)
            if rows_of(seat)[-1] == 48:
                break
        seat.preview.show(1)
        await seat.sees(1)
        assert (seat.size, seat.dots) == ((24, 12), {COLORS[1]})
        assert rows_of(seat)[12:] == [0] * 12


async def test_parts_follow_a_pause_and_one_another_and_a_key_begins_the_pause_anew() -> None:
    async with sit(Images()) as seat:
        painted: list[float] = []

        def parts() -> Iterator[None]:
            for _ in range(3):
                painted.append(asyncio.get_running_loop().time())
                yield

        refinement = Refinement(seat.preview, seat.app.delivery, lambda: False, pause=0.3)
        began = asyncio.get_running_loop().time()
        refinement.start(parts())
        await asyncio.sleep(0.15)
        refinement.postpone()
        await seat.until(lambda: len(painted) == 3)
        assert painted[0] - began >= 0.45
        assert painted == sorted(painted)


async def test_what_is_stopped_or_replaced_is_painted_no_further() -> None:
    async with sit(Images()) as seat:
        painted: list[str] = []

        def parts(name: str) -> Iterator[None]:
            while True:
                painted.append(name)
                yield

        refinement = Refinement(seat.preview, seat.app.delivery, lambda: False, pause=0.0)
        refinement.start(parts("first"))
        await seat.until(lambda: "first" in painted)
        refinement.start(parts("second"))
        await seat.until(lambda: painted[-3:] == ["second"] * 3)
        refinement.stop()
        count = len(painted)
        await seat.pilot.pause(0.3)
        assert len(painted) == count


async def test_a_line_that_turns_out_to_be_fast_needs_no_pause() -> None:
    async with sit(Images()) as seat:
        painted: list[int] = []

        def parts() -> Iterator[None]:
            painted.append(1)
            yield

        Refinement(seat.preview, seat.app.delivery, lambda: True, pause=60.0).start(parts())
        await seat.until(lambda: painted == [1])
