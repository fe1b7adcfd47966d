"""One image large and a row of small ones, on a screen: shown, looked at closely, reported once painted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event, Lock
from typing import Any

import numpy as np
import pytest
from PIL import Image
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import ModalScreen

from alc_tui.data.images import BadImageError
from alc_tui.tui.labeling.thumbnails import Thumbnail, Thumbnails
from alc_tui.tui.pictures.drawing import PreviewMode
from alc_tui.tui.pictures.painter import Painter, PaintRequest
from alc_tui.tui.pictures.picture import Picture
from alc_tui.tui.widgets.preview import Preview

COLORS = [(200, 10, 10), (10, 200, 10), (10, 10, 200), (200, 200, 10), (10, 200, 200), (200, 10, 200)]


class Images:
    """One color an image; each may be held back, and what is read is counted."""

    def __init__(self, size: tuple[int, int] = (96, 96)) -> None:
        self.size, self.read_ones, self.held = size, [], {}  # type: ignore[var-annotated]
        self._lock = Lock()

    def __len__(self) -> int:
        return len(COLORS)

    def read(self, index: int) -> Image.Image:
        with self._lock:
            self.read_ones.append(index)
        if index in self.held:
            self.held[index].wait(5)
        if index >= len(COLORS):
            raise BadImageError("truncated")
        return Image.new("RGB", self.size, COLORS[index])

    def path(self, index: int) -> Path | None:
        return Path(f"/images/{index}.png")

    def locator(self, index: int) -> str:
        return f"{index}.png"

    def hold(self, index: int) -> Event:
        self.held[index] = Event()
        return self.held[index]


class Viewer(App[None]):
    """A preview and a row of thumbnails."""

    CSS = "Preview { width: 50; height: 1fr; padding: 0 1; } Thumbnails { width: 1fr; }"

    def __init__(self, images: Any, preview: str = "half") -> None:
        super().__init__()
        self.painter = Painter(lambda: images, preview)
        self.painted: list[tuple[int, bool]] = []
        self.when_painted: Callable[[], None] = lambda: None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Preview(self.painter)
            yield Thumbnails(self.painter)

    def on_preview_painted(self, message: Preview.Painted) -> None:
        self.when_painted()
        self.painted.append((message.position, message.readable))


class Seat:
    """Somebody before the viewer."""

    def __init__(self, app: Viewer, pilot: Pilot[None]) -> None:
        self.app, self.pilot, self.preview = app, pilot, app.query_one(Preview)

    @property
    def dots(self) -> set[tuple[int, ...]]:
        """The ground colors of the cells where the picture is, as the screen has them."""
        found = set()
        for line in self.app.screen._compositor.render_strips()[: self.preview.size.height]:
            for text, style, _ in line.crop(1, 49):
                if "▄" in text and style is not None and style.bgcolor is not None:
                    found.add(tuple(style.bgcolor.get_truecolor()))
        return found

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.app.screen._compositor.render_strips())

    async def until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 5
        while not is_so():
            assert time.monotonic() < deadline, self.text
            await self.pilot.pause(0.005)

    async def sees(self, position: int) -> None:
        await self.until(lambda: self.app.painted[-1:] == [(position, True)])


@asynccontextmanager
async def sit(images: Any, preview: str = "half", size: tuple[int, int] = (80, 24)) -> AsyncIterator[Seat]:
    app = Viewer(images, preview)
    try:
        async with app.run_test(size=size) as pilot:
            yield Seat(app, pilot)
    finally:
        app.painter.close()


@pytest.fixture(autouse=True)
def all_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


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


async def test_an_image_may_have_the_whole_room() -> None:
    async with sit(Images((480, 480)), size=(160, 60)) as seat:
        seat.preview.styles.width = 140
        seat.preview.show(0)
        await seat.sees(0)
        assert seat.preview.picture is not None
        assert (seat.preview.picture.columns, seat.preview.picture.rows) == (48, 24)
        seat.preview.largest = None
        await seat.until(lambda: seat.preview.picture is not None and seat.preview.picture.rows == 60)
        assert seat.preview.picture.columns == 120


async def test_an_image_follows_a_resize() -> None:
    async with sit(Images((480, 480))) as seat:
        seat.preview.show(0)
        await seat.sees(0)
        await seat.pilot.resize_terminal(80, 10)
        await seat.until(lambda: seat.preview.picture is not None and seat.preview.picture.rows == 10)


async def test_the_original_is_told_in_words() -> None:
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


async def test_thumbnails_stand_in_a_row_with_their_captions() -> None:
    async with sit(Images()) as seat:
        row = seat.app.query_one(Thumbnails)
        row.show([Thumbnail(position, f"class number {position}") for position in range(6)])
        # 30 columns hold two images of ten, and a gap after each, and a third without one.
        await seat.until(lambda: seat.text.count("class") == 2 and seat.text.count("▄") == 2 * 10 * 5)
        assert "class…er 0 class…er 1" in seat.text


class Desk:
    """Notes what a painter hands over."""

    def __init__(self) -> None:
        self.got: list[int] = []

    def on_drawn(self, request: PaintRequest, picture: Picture) -> None:
        self.got.append(request.position)


def request(position: int) -> PaintRequest:
    return PaintRequest(position, (8, 4), PreviewMode())


async def wait(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def test_a_painter_draws_what_is_seen_before_what_may_come_and_forgets_what_nobody_wants() -> None:
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


async def test_images_larger_than_the_caches_are_drawn_each_time() -> None:
    images, desk = Images(), Desk()
    painter = Painter(lambda: images, threads=1, image_bytes=1, cells=1)
    for count in (1, 2):
        painter.request(desk.on_drawn, [request(0)])
        await wait(lambda count=count: desk.got == [0] * count)  # type: ignore[misc]
    assert images.read_ones == [0, 0]
    assert painter.picture(request(0)) is None
    painter.close()


async def test_images_that_could_not_be_opened_are_opened_anew_the_next_time() -> None:
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


async def test_a_closed_painter_calls_nobody() -> None:
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


async def test_the_loop_is_not_held_up_by_a_slow_image() -> None:
    images = Images()
    images.hold(0)
    async with sit(images) as seat:
        seat.preview.show(0)
        longest, last = 0.0, time.monotonic()
        for _ in range(40):
            await asyncio.sleep(0.005)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
        images.held[0].set()
        assert longest < 0.15


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
