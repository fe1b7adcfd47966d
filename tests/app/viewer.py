"""An app with a preview and a row of thumbnails, and somebody who looks at them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event, Lock

from PIL import Image
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.pilot import Pilot

from alc_tui.data.dataset import ImageSource
from alc_tui.data.images import BadImageError
from alc_tui.tui.labeling.sample.thumbnails import Thumbnails
from alc_tui.tui.pictures.display import Display
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from alc_tui.tui.widgets.preview import Preview

HELD_SECONDS = 30.0
"""How long an image is held back that nobody lets go."""
COLORS = [(200, 10, 10), (10, 200, 10), (10, 10, 200), (200, 200, 10), (10, 200, 200), (200, 10, 200)]


class Images:
    """One color an image; each may be held back, and what is read is counted."""

    def __init__(self, size: tuple[int, int] = (96, 96)) -> None:
        self.size = size
        self.read_ones: list[int] = []
        self.held: dict[int, Event] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(COLORS)

    def read(self, index: int) -> Image.Image:
        with self._lock:
            self.read_ones.append(index)
        if index in self.held:
            self.held[index].wait(HELD_SECONDS)
        if index >= len(COLORS):
            raise BadImageError("truncated")
        return Image.new("RGB", self.size, COLORS[index])

    def path(self, index: int) -> Path | None:
        return Path(f"/images/{index}.png")

    def token(self, index: int) -> str:
        return str(index)

    def locator(self, index: int) -> str:
        return f"{index}.png"

    def hold(self, index: int) -> Event:
        self.held[index] = Event()
        return self.held[index]


class Viewer(App[None]):
    """A preview and a row of thumbnails."""

    CSS = "Preview { width: 50; height: 1fr; padding: 0 1; } Thumbnails { width: 1fr; }"

    def __init__(self, images: ImageSource, preview: str = "half") -> None:
        super().__init__()
        self.painter = Painter(lambda: images, Display(preview))
        self.delivery = DeliveryConfirmation(self)
        self.painted: list[tuple[int, bool]] = []
        self.drafts: list[bool] = []
        self.when_painted: Callable[[], None] = lambda: None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Preview(self.painter, self.delivery)
            yield Thumbnails(self.painter)

    def on_preview_painted(self, message: Preview.Painted) -> None:
        self.when_painted()
        self.painted.append((message.position, message.readable))
        self.drafts.append(message.is_draft)


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
    def size(self) -> tuple[int, int] | None:
        """Columns and rows of the picture."""
        picture = self.preview.picture
        return None if picture is None else (picture.columns, picture.rows)

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.app.screen._compositor.render_strips())

    async def until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not is_so():
            assert time.monotonic() < deadline, self.text
            await self.pilot.pause(0.005)

    async def sees(self, position: int) -> None:
        await self.until(lambda: self.app.painted[-1:] == [(position, True)])


@asynccontextmanager
async def sit(images: ImageSource, preview: str = "half", size: tuple[int, int] = (80, 24)) -> AsyncIterator[Seat]:
    app = Viewer(images, preview)
    try:
        async with app.run_test(size=size) as pilot:
            yield Seat(app, pilot)
    finally:
        app.painter.close()
