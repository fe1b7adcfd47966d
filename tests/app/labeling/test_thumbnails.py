"""A row of thumbnails."""

from __future__ import annotations

from alc_tui.tui.graphics.passage import Spot
from alc_tui.tui.labeling.sample.thumbnails import SLOW_BYTES, Thumbnail, Thumbnails
from tests.app.viewer import Images, sit


async def test_thumbnails_stand_in_a_row_with_their_captions() -> None:
    async with sit(Images()) as seat:
        row = seat.app.query_one(Thumbnails)
        row.show([Thumbnail(position, f"class number {position}") for position in range(6)])
        # 30 columns hold two images of ten, and a gap after each, and a third without one.
        await seat.until(lambda: seat.text.count("class") == 2 and seat.text.count("▄") == 2 * 10 * 5)
        assert "class…er 0 class…er 1" in seat.text


def spots(row: Thumbnails) -> list[Spot]:
    return [spot for owner in row._owners if (spot := owner.graphic_spot()) is not None]


async def test_each_thumbnail_is_a_graphic_where_the_terminal_has_them() -> None:
    async with sit(Images(), "kitty") as seat:
        row = seat.app.query_one(Thumbnails)
        row.show([Thumbnail(position, "class") for position in range(2)])
        await seat.until(lambda: len(spots(row)) == 2)
        assert [spot.corner for spot in spots(row)] == [(50, 0), (61, 0)]
        assert "▄" not in seat.text and seat.text.count("class") == 2
        row.show([Thumbnail(2, "class")])
        await seat.until(lambda: len(spots(row)) == 1)
        row.display = False
        await seat.until(lambda: not spots(row))


async def test_on_a_slow_line_thumbnails_are_blocks_until_they_are_refined() -> None:
    async with sit(Images(), "kitty") as seat:
        row = seat.app.query_one(Thumbnails)
        row.show([Thumbnail(position, "class") for position in range(2)], draft=(6, 3))
        await seat.until(lambda: len(row._pictures) == 2)
        assert spots(row) == []
        steps = row.refine()
        next(steps)
        await seat.until(lambda: len(spots(row)) == 1)
        assert spots(row)[0].graphic.byte_count <= SLOW_BYTES
        assert [request.mode.most_bytes for request in row._requests()] == [SLOW_BYTES, None]
