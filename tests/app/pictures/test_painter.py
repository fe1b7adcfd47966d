"""A painter draws in threads, in the order in which pictures are needed, and caches what it drew."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from alc_tui.tui.pictures.drawing import PreviewMode
from alc_tui.tui.pictures.painter import Painter, PaintRequest
from alc_tui.tui.pictures.picture import Picture
from tests.app.viewer import Images


class Desk:
    """Notes what a painter hands over."""

    def __init__(self) -> None:
        self.got: list[int] = []

    def on_drawn(self, request: PaintRequest, picture: Picture) -> None:
        self.got.append(request.position)


def request(position: int) -> PaintRequest:
    return PaintRequest(position, (8, 4), PreviewMode())


async def wait(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def test_a_painter_draws_visible_images_first_and_drops_replaced_requests() -> None:
    images, grid, large = Images(), Desk(), Desk()
    block = images.hold(0)
    painter = Painter(lambda: images, threads=1)
    painter.request(grid.on_drawn, [request(0), request(1)], [request(2)])
    await wait(lambda: images.read_ones == [0])
    painter.request(large.on_drawn, [request(3)], [request(4)])
    painter.request(grid.on_drawn, [request(5)], [request(2)])
    block.set()
    await wait(lambda: len(images.read_ones) == 5)
    # 1 was dropped; of those that asked, the one that asked last comes first; what is seen comes before what may be.
    assert images.read_ones == [0, 5, 3, 2, 4]
    await wait(lambda: grid.got == [5, 2] and large.got == [3, 4])
    assert painter.picture(request(0)) is not None
    painter.close()


async def test_a_picture_that_two_want_is_drawn_once_and_given_to_both() -> None:
    images, one, other = Images(), Desk(), Desk()
    block = images.hold(0)
    painter = Painter(lambda: images, threads=2)
    painter.request(one.on_drawn, [request(0)])
    painter.request(other.on_drawn, [request(0)])
    block.set()
    await wait(lambda: one.got == other.got == [0])
    assert images.read_ones == [0]
    painter.close()


async def test_an_original_is_decoded_once_for_all_its_pictures() -> None:
    images, desk = Images(), Desk()
    painter = Painter(lambda: images, threads=1)
    painter.request(desk.on_drawn, [request(0), PaintRequest(0, (10, 5), PreviewMode("quadrant"))])
    await wait(lambda: desk.got == [0, 0])
    assert images.read_ones == [0]
    painter.close()


async def test_a_painter_keeps_the_pictures_and_images_used_last_up_to_its_bounds() -> None:
    images, desk = Images((8, 8)), Desk()
    image_bytes, cells = 3 * 8 * 8, 8 * 4
    painter = Painter(lambda: images, threads=1, image_bytes=2 * image_bytes, cells=2 * cells)
    for count, position in enumerate((0, 1, 2), start=1):
        painter.request(desk.on_drawn, [request(position)])
        await wait(lambda count=count: len(desk.got) == count)  # type: ignore[misc]
    assert [painter.picture(request(position)) is not None for position in (0, 1, 2)] == [False, True, True]
    painter.request(desk.on_drawn, [request(0)])
    await wait(lambda: len(desk.got) == 4)
    assert images.read_ones == [0, 1, 2, 0]
    assert [painter.picture(request(position)) is not None for position in (0, 1, 2)] == [True, False, True]
    painter.close()


async def test_pictures_that_will_be_needed_stay_when_others_need_their_place() -> None:
    images, desk = Images((8, 8)), Desk()
    painter = Painter(lambda: images, threads=1, cells=3 * 8 * 4)
    painter.request(desk.on_drawn, [request(0)], [request(1)])
    await wait(lambda: desk.got == [0, 1])
    neighbors = Desk()
    painter.request(neighbors.on_drawn, [request(3)])
    await wait(lambda: neighbors.got == [3])
    assert painter.picture(request(0)) is not None
    painter.request(desk.on_drawn, [request(0)], [request(1), request(2)])
    await wait(lambda: desk.got == [0, 1, 2])
    assert [painter.picture(request(position)) is not None for position in (0, 1, 2, 3)] == [True, True, True, False]
    painter.close()


async def test_images_larger_than_the_caches_are_drawn_each_time() -> None:
    images, desk = Images(), Desk()
    painter = Painter(lambda: images, threads=1, image_bytes=1, cells=1)
    for count in (1, 2):
        painter.request(desk.on_drawn, [request(0)])
        await wait(lambda count=count: desk.got == [0] * count)  # type: ignore[misc]
    assert images.read_ones == [0, 0]
    assert painter.picture(request(0)) is None
    painter.close()


async def test_images_that_could_not_be_opened_are_opened_at_the_next_request() -> None:
    tries: list[int] = []

    def open_images() -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("no such share")
        return Images()

    pictures: list[bool] = []
    painter = Painter(open_images, threads=1)
    for _ in range(2):
        before = len(pictures)
        painter.request(lambda request, picture: pictures.append(picture.readable), [request(0)])
        await wait(lambda before=before: len(pictures) > before)  # type: ignore[misc]
    assert pictures == [False, True]
    painter.close()


async def test_a_closed_painter_delivers_nothing() -> None:
    images, desk = Images(), Desk()
    block = images.hold(0)
    painter = Painter(lambda: images, threads=1)
    painter.request(desk.on_drawn, [request(0), request(1)])
    await wait(lambda: images.read_ones == [0])
    painter.close()
    block.set()
    painter.request(desk.on_drawn, [request(2)])
    await asyncio.sleep(0.1)
    assert desk.got == []
    assert images.read_ones == [0]


def test_a_frame_of_photographs_is_small_enough_for_a_slow_line() -> None:
    from rich.color import ColorSystem
    from textual.strip import Strip

    from alc_tui.tui.pictures.drawing import draw

    pixels = np.random.default_rng(0).integers(100, 256, size=(48, 48, 3), dtype=np.uint8)  # three digits, no runs
    for preview in ("half", "quadrant"):
        picture = draw(Image.fromarray(pixels), (48, 24), PreviewMode(preview))
        sent = [
            Strip.render_style(one.style, one.text, ColorSystem.TRUECOLOR)
            for line in picture.lines
            for one in line
            if one.style is not None
        ]
        assert 0 < len("".join(sent).encode()) <= 60_000
