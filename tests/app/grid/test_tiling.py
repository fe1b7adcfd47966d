"""The layout of small images."""

from __future__ import annotations

from alc_tui.tui.grid.tiling import SIZES, largest_size, layout


def test_tiles_share_out_the_room_there_is() -> None:
    fitting = layout((78, 18), (12, 5))
    assert (fitting.columns, fitting.rows, fitting.page, fitting.area) == (6, 3, 18, (12, 5))
    roomier = layout((158, 43), (18, 8))
    assert (roomier.columns, roomier.rows, roomier.area) == (8, 4, (18, 9))
    assert layout((5, 3), (12, 5)).page == 1


def test_images_are_as_large_as_enough_of_them_allow() -> None:
    assert SIZES[largest_size((78, 18), 500)] == (12, 5)
    assert SIZES[largest_size((158, 42), 500)] == (18, 8)
    assert SIZES[largest_size((78, 18), 8)] == (18, 8)
    assert SIZES[largest_size((78, 19), 1)] == (38, 18)
    assert SIZES[largest_size((10, 4), 500)] == (12, 5)
