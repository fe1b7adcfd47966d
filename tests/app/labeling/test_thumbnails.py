"""A row of thumbnails."""

from __future__ import annotations

from alc_tui.tui.labeling.sample.thumbnails import Thumbnail, Thumbnails
from tests.app.viewer import Images, sit


async def test_thumbnails_stand_in_a_row_with_their_captions() -> None:
    async with sit(Images()) as seat:
        row = seat.app.query_one(Thumbnails)
        row.show([Thumbnail(position, f"class number {position}") for position in range(6)])
        # 30 columns hold two images of ten, and a gap after each, and a third without one.
        await seat.until(lambda: seat.text.count("class") == 2 and seat.text.count("▄") == 2 * 10 * 5)
        assert "class…er 0 class…er 1" in seat.text
