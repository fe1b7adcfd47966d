"""One large image: shown, examined closely, and reported once it is painted."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from PIL import Image
from textual.geometry import Region
from textual.screen import ModalScreen

from tests.app.viewer import COLORS, HELD_SECONDS, Images, sit


async def test_an_image_is_reported_only_once_it_is_in_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    images = Images()
    may_read = images.hold(1)
    async with sit(images) as seat:
        frames: list[set[tuple[int, ...]]] = []
        at_report: list[bool] = []
        render_update = seat.app.screen._compositor.render_update

        def remember(*args: Any, **kwargs: Any) -> Any:
            dirty = seat.app.screen._compositor._dirty_regions.copy()
            update = render_update(*args, **kwargs)
            region: Region = seat.preview.region
            if any(part.overlaps(region) for part in dirty):
                frames.append(seat.dots)
            return update

        monkeypatch.setattr(seat.app.screen._compositor, "render_update", remember)
        seat.preview.show(0)
        await seat.sees(0)
        assert frames[-1] == {COLORS[0]}
        seat.preview.show(1)
        await seat.until(lambda: "loading" in seat.text)
        await seat.pilot.pause(0.1)
        assert seat.app.painted == [(0, True)]
        seat.app.when_painted = lambda: at_report.append(COLORS[1] in frames[-1])
        may_read.set()
        await seat.sees(1)
        assert at_report == [True]


async def test_an_older_image_that_arrives_late_is_neither_shown_nor_reported() -> None:
    images = Images()
    slow = images.hold(0)
    async with sit(images) as seat:
        seat.preview.show(0)
        await seat.until(lambda: images.read_ones == [0])
        seat.preview.show(1)
        await seat.sees(1)
        slow.set()
        await seat.pilot.pause(0.1)
        assert seat.dots == {COLORS[1]}
        assert seat.app.painted == [(1, True)]


async def test_an_image_is_reported_again_whenever_it_is_shown_again() -> None:
    async with sit(Images()) as seat:
        seat.preview.show(0)
        await seat.sees(0)
        seat.preview.show(0)
        await seat.until(lambda: seat.app.painted == [(0, True), (0, True)])


async def test_nothing_is_reported_behind_another_screen() -> None:
    images = Images()
    slow = images.hold(0)
    async with sit(images) as seat:
        seat.preview.show(0)
        await seat.app.push_screen(ModalScreen())
        slow.set()
        await seat.pilot.pause(0.15)
        assert seat.app.painted == []
        await seat.app.pop_screen()
        seat.preview.show(0)
        await seat.sees(0)


async def test_an_image_that_cannot_be_read_says_why_and_is_tried_again() -> None:
    images = Images()
    async with sit(images) as seat:
        seat.preview.show(99)
        await seat.until(lambda: seat.app.painted == [(99, False)])
        assert "cannot be shown: truncated" in " ".join(seat.text.split())
        seat.preview.show(99)
        await seat.until(lambda: len(seat.app.painted) == 2)
        assert images.read_ones == [99, 99]


async def test_the_next_images_are_there_at_once() -> None:
    images = Images()
    async with sit(images) as seat:
        seat.preview.show(0, [1, 2])
        await seat.until(lambda: images.read_ones == [0, 1, 2])
        await seat.pilot.pause(0.1)
        for position in (1, 2):
            seat.preview.show(position)
            assert seat.preview.picture is not None
            await seat.sees(position)
        assert images.read_ones == [0, 1, 2]


async def test_zoom_draws_the_original_again_and_keeps_the_old_picture_until_then() -> None:
    class Dot(Images):
        def read(self, index: int) -> Image.Image:
            image = Image.new("RGB", (960, 960))
            image.putpixel((480, 480), (255, 255, 255))
            return image

    async with sit(Dot()) as seat:
        seat.preview.show(0)
        await seat.sees(0)
        assert (255, 255, 255) not in seat.dots
        before = seat.preview.picture
        seat.preview.zoom(99)
        assert seat.preview.picture is before
        assert "loading" not in seat.text
        await seat.until(lambda: (255, 255, 255) in seat.dots)
        seat.preview.pan(9, 0)
        await seat.until(lambda: (255, 255, 255) not in seat.dots)
        seat.preview.reset()
        await seat.until(lambda: seat.preview.picture is before)


async def test_brightness_and_contrast_stay_for_the_next_image_and_zoom_does_not() -> None:
    async with sit(Images()) as seat:
        seat.preview.show(0)
        await seat.sees(0)
        seat.preview.zoom(2)
        seat.preview.brighten(2)
        seat.preview.contrast(-1)
        await seat.until(lambda: seat.dots != {COLORS[0]} and seat.dots != set())
        seat.preview.show(1)
        await seat.sees(1)
        view = seat.preview.view
        assert (view.zoom, view.brightness, view.contrast) == (1, 2, -1)
        # (10 − 127.5) / 1.2 + 127.5 + 25.5 = 55.1; (200 − 127.5) / 1.2 + 127.5 + 25.5 = 213.4
        assert seat.dots == {(55, 213, 55)}


async def test_an_image_fills_the_room_unless_it_is_limited() -> None:
    async with sit(Images((480, 480)), size=(160, 60)) as seat:
        seat.preview.styles.width = 140
        seat.preview.show(0)
        await seat.until(lambda: seat.size == (120, 60))
        seat.app.painter.display.largest = (48, 24)
        seat.preview.adapt()
        await seat.until(lambda: seat.size == (48, 24))
        seat.preview.is_alone = True
        await seat.until(lambda: seat.size == (120, 60))


async def test_an_image_follows_a_resize() -> None:
    async with sit(Images((480, 480))) as seat:
        seat.preview.show(0)
        await seat.sees(0)
        await seat.pilot.resize_terminal(80, 10)
        await seat.until(lambda: seat.preview.picture is not None and seat.preview.picture.rows == 10)


async def test_the_original_is_described_in_words() -> None:
    async with sit(Images((1200, 800))) as seat:
        seat.preview.show(3)
        await seat.sees(3)
        assert seat.preview.original() == "1,200 × 800 pixels: /images/3.png"


async def test_without_pictures_the_name_is_shown_without_folders_and_counts_as_seen() -> None:
    images = Images()
    async with sit(images, "off") as seat:
        seat.preview.show(2)
        await seat.sees(2)
        assert "2.png" in seat.text and "/images" not in seat.text
        assert seat.preview.original().endswith("/images/2.png")
        assert images.read_ones == []


async def test_the_loop_is_not_held_up_by_a_slow_image() -> None:
    images = Images()
    images.hold(0)
    async with sit(images) as seat:
        seat.preview.show(0)
        began = time.monotonic()
        for _ in range(40):
            await asyncio.sleep(0.005)
        assert time.monotonic() - began < HELD_SECONDS
        images.held[0].set()
