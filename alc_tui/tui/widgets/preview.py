"""The image in half-block characters: decoded, scaled and drawn in threads, ahead of the person."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from textwrap import wrap
from threading import Lock

from PIL import Image
from rich.cells import cell_len
from rich.text import Text
from rich_pixels import Pixels
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.widgets import Static

from alc_tui.data.dataset import ImageSource
from alc_tui.data.images import BadImage
from alc_tui.errors import AlcError
from alc_tui.tui.text import plain

LARGEST = (48, 24)
"""Columns and rows that an image may take: a frame is bytes on somebody's SSH line."""
MARGIN = 2
"""Columns beside the image, in sum."""
AHEAD = 3
"""How many images are drawn ahead."""
_KEPT = 24

Area = tuple[int, int]


@dataclass(frozen=True)
class Picture:
    """An image ready to be shown, or the reason why it cannot be."""

    drawn: Pixels | Text
    columns: int
    rows: int
    readable: bool


class Preview(Container):
    """Shows one image at a time, centred; says when it has been painted."""

    class Painted(Message):
        """The image at `position`, or the reason why there is none, is on the screen since `at` (monotonic)."""

        def __init__(self, position: int, readable: bool, at: float) -> None:
            super().__init__()
            self.position, self.readable, self.at = position, readable, at

    class Drawn(Message):
        """A thread has drawn an image; for the preview itself."""

        def __init__(self, position: int, area: Area, picture: Picture) -> None:
            super().__init__()
            self.key, self.picture = (position, area), picture

    def __init__(self, open_images: Callable[[], ImageSource]) -> None:
        """open_images: called once, in a thread, when the first image is drawn."""
        super().__init__()
        self._open_images = open_images
        self._images: ImageSource | None = None
        self._opening = Lock()
        self._position: int | None = None
        self._ahead: tuple[int, ...] = ()
        self._pictures: OrderedDict[tuple[int, Area], Picture] = OrderedDict()
        self._pending: set[tuple[int, Area]] = set()

    def compose(self) -> ComposeResult:
        """One child, as large as the image."""
        yield Static(markup=False, id="picture")

    def show(self, position: int, ahead: Iterable[int] = ()) -> None:
        """Show the image at `position` as soon as it is drawn, then draw those `ahead`. `Painted` follows."""
        self._position, self._ahead = position, tuple(ahead)
        self._draw()

    def on_resize(self) -> None:
        """The image follows the room there is."""
        self._draw()

    def on_preview_drawn(self, message: Drawn) -> None:
        """Keep what a thread has drawn; show it if it is what is waited for."""
        message.stop()
        self._pending.discard(message.key)
        if message.picture.readable:
            self._pictures[message.key] = message.picture
            if len(self._pictures) > _KEPT:
                self._pictures.popitem(last=False)
        if message.key == (self._position, self._area):
            self._put(message.picture)

    @property
    def _area(self) -> Area:
        size = self.content_size
        return min(LARGEST[0], size.width), min(LARGEST[1], size.height)

    def _draw(self) -> None:
        area = self._area
        if self._position is None or not all(area):
            return
        picture = self._pictures.get((self._position, area))
        if picture is not None:
            self._pictures.move_to_end((self._position, area))
            self._put(picture)
        else:
            self._fill(Text("loading …"), len("loading …"), 1)
        for position in (self._position, *self._ahead):
            self._request(position, area)

    def _request(self, position: int, area: Area) -> None:
        key = (position, area)
        if key not in self._pictures and key not in self._pending:
            self._pending.add(key)
            self.run_worker(partial(self._draw_in_thread, position, area), thread=True)

    def _draw_in_thread(self, position: int, area: Area) -> None:
        try:
            with self._opening:
                images = self._images = self._images or self._open_images()
            picture = draw(images.read(position), area)
        except (BadImage, AlcError, OSError, MemoryError) as problem:
            picture = _reason(problem, area)
        self.post_message(self.Drawn(position, area, picture))

    def _put(self, picture: Picture) -> None:
        self._fill(picture.drawn, picture.columns, picture.rows)
        self.call_after_refresh(self._report, self._position, picture.readable)

    def _report(self, position: int, readable: bool) -> None:
        self.post_message(self.Painted(position, readable, time.monotonic()))

    def _fill(self, drawn: Pixels | Text, columns: int, rows: int) -> None:
        static = self.query_one("#picture", Static)
        static.styles.width, static.styles.height = columns, rows
        static.update(drawn)


def fit(size: tuple[int, int], area: Area) -> tuple[int, int]:
    """Width and height in pixels at which an image of `size` pixels is drawn in `area` (columns, rows).

    A cell shows 1 × 2 pixels, which are about square. Keeps the aspect ratio; enlarges by whole factors only.
    """
    scale = min(area[0] / size[0], 2 * area[1] / size[1])
    if scale >= 1:
        return size[0] * int(scale), size[1] * int(scale)
    return max(1, round(size[0] * scale)), max(2, 2 * round(size[1] * scale / 2))


def draw(image: Image.Image, area: Area) -> Picture:
    """The image in half-blocks, as large as `area` allows."""
    width, height = fit(image.size, area)
    enlarged = width >= image.width and height >= image.height
    filtering = Image.Resampling.NEAREST if enlarged else Image.Resampling.LANCZOS
    scaled = image.resize((width, height), filtering)
    if height % 2:
        even = Image.new("RGB", (width, height + 1))
        even.paste(scaled)
        scaled = even
    return Picture(Pixels.from_image(scaled), width, scaled.height // 2, readable=True)


def _reason(problem: Exception, area: Area) -> Picture:
    said = plain(str(problem) or type(problem).__name__).rstrip(".")
    lines = wrap(f"This image cannot be shown: {said}.", area[0])
    lines += ["", *wrap("s skips it, f flags it, x excludes it.", area[0])]
    return Picture(Text("\n".join(lines)), max(map(cell_len, lines)), min(len(lines), area[1]), readable=False)
