"""Draws the images of a session in threads: visible ones first, then those that will probably come next. Independent of
widgets."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from cachetools import LRUCache
from textual.app import App

from alc_tui.data.dataset import ImageSource, read_in_window
from alc_tui.data.images import WindowedImage
from alc_tui.errors import UsageError
from alc_tui.tui.pictures.display import Display
from alc_tui.tui.pictures.drawing import BLOCKS, PreviewMode, draw, error_picture, file_name_picture, preview_mode
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.picture import Picture
from alc_tui.tui.pictures.view import View

THREADS = 2
IMAGE_BYTES = 48 * 2**20
"""Size of the cache of decoded images, in bytes."""
CELLS = 40_000
"""Size of the cache of drawn pictures, in cells, each of which costs about a kilobyte."""


@dataclass(frozen=True)
class PaintRequest:
    """One picture: the image at `position` in an area of (columns, rows), drawn in a mode, seen through a view."""

    position: int
    area: Size
    mode: PreviewMode = field(default_factory=PreviewMode)
    view: View = field(default_factory=View)


OnDrawn = Callable[[PaintRequest, Picture], None]
"""Called in a thread of the painter."""


class Painter:
    """Shared by all widgets that show images of a session. Opens the images on the first request; must be closed. A
    widget's new request replaces its previous one. The most recent request is served first.
    """

    def __init__(
        self,
        open_images: Callable[[], ImageSource],
        display: Display | None = None,
        threads: int = THREADS,
        image_bytes: int = IMAGE_BYTES,
        cells: int = CELLS,
    ) -> None:
        """open_images: called in a thread, and called again only if it failed. display: how images are shown.

        image_bytes, cells: sizes of the caches of decoded images and of drawn pictures.
        """
        self.display = display or Display()
        self._open_images = open_images
        self._images: ImageSource | None = None
        self._opening, self._lock = Lock(), Lock()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="painter")
        self._originals: LRUCache[tuple[int, str], WindowedImage] = LRUCache(
            image_bytes, lambda shown: 3 * shown.image.width * shown.image.height
        )
        self._pictures: LRUCache[PaintRequest, Picture] = LRUCache(cells, lambda picture: picture.cost)
        self._now: OrderedDict[OnDrawn, list[PaintRequest]] = OrderedDict()
        self._ahead: OrderedDict[OnDrawn, list[PaintRequest]] = OrderedDict()
        self._drawing: set[PaintRequest] = set()
        self._closed = False
        self.name_of: Callable[[int], str] | None = None
        """How the image at a position is called where its name is drawn in its place; None for its file name."""

    def mode(self, app: App[Any]) -> PreviewMode:
        """How images are drawn in the app's terminal: in blocks if it cannot show what was chosen, or no longer can,
        because another terminal was attached."""
        try:
            return preview_mode(app, self.display.preview, self.display.smooth)
        except UsageError:
            return preview_mode(app, BLOCKS, self.display.smooth)

    def picture(self, request: PaintRequest) -> Picture | None:
        """The picture from the cache, None if it is not cached."""
        with self._lock:
            return self._pictures.get(request)

    def request(self, on_drawn: OnDrawn, now: Iterable[PaintRequest], ahead: Iterable[PaintRequest] = ()) -> None:
        """Draw these pictures, replacing earlier requests of `on_drawn`.

        now: pictures on the screen. ahead: pictures likely to follow, drawn after everything that any widget needs now,
        the likeliest first. `on_drawn` is called for each picture that was not in the cache, in the order in which they
        are finished. Those in the cache stay there longer than others.
        """
        wanted = (list(dict.fromkeys(now)), list(dict.fromkeys(ahead)))
        with self._lock:
            if self._closed:
                return
            cached = {each for each in reversed(wanted[0] + wanted[1]) if self._pictures.get(each) is not None}
            for queue, requests in zip((self._now, self._ahead), wanted, strict=True):
                queue[on_drawn] = [request for request in requests if request not in cached]
                queue.move_to_end(on_drawn, last=False)
            jobs = len(self._now[on_drawn]) + len(self._ahead[on_drawn])
        for _ in range(jobs):
            self._threads.submit(self._draw_next)

    def images(self) -> ImageSource:
        """The images, which are opened by the first call; raises AlcError if they cannot be."""
        with self._opening:
            if self._images is None:
                self._images = self._open_images()
            return self._images

    def path_of(self, position: int) -> str | None:
        """The path of the image's file; None if it has none, and before the images are opened."""
        path = None if self._images is None else self._images.path(position)
        return None if path is None else str(path)

    def cancel(self, on_drawn: OnDrawn) -> None:
        """Drop the requests of `on_drawn`; it is not called again."""
        with self._lock:
            self._now.pop(on_drawn, None)
            self._ahead.pop(on_drawn, None)

    def close(self) -> None:
        """Drop all requests; does not wait for pictures that are being drawn."""
        with self._lock:
            self._closed = True
            self._now.clear()
            self._ahead.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _draw_next(self) -> None:
        with self._lock:
            queues = [*self._now.values(), *self._ahead.values()]
            request = next((one for queue in queues for one in queue if one not in self._drawing), None)
            if request is None:
                return
            self._drawing.add(request)
        picture = self._draw(request)
        with self._lock:
            self._drawing.discard(request)
            if picture.readable and request.mode.preview != "off":  # whose names blind mode hides
                with suppress(ValueError):  # larger than the cache
                    self._pictures[request] = picture
            waiting = self._take_waiting(request)
        for on_drawn in waiting:
            on_drawn(request, picture)

    def _take_waiting(self, request: PaintRequest) -> list[OnDrawn]:
        """Remove and return the callbacks waiting for this picture."""
        waiting = []
        for queue in (self._now, self._ahead):
            for on_drawn, requests in queue.items():
                if request in requests:
                    requests.remove(request)
                    waiting.append(on_drawn)
        return list(dict.fromkeys(waiting))

    def _draw(self, request: PaintRequest) -> Picture:
        try:
            if request.mode.preview == "off":
                images = self.images()
                name = images.locator(request.position) if self.name_of is None else self.name_of(request.position)
                return file_name_picture(name, request.area)
            shown = self._original(request.position, request.view.window)
            picture = draw(shown.image, request.area, request.mode, request.view)
            return replace(picture, window=shown.window, windows=shown.windows)
        except Exception as problem:  # decoders raise almost anything on damaged files
            return error_picture(problem, request.area)

    def _original(self, position: int, window: str) -> WindowedImage:
        with self._lock:
            shown = self._originals.get((position, window))
        if shown is None:
            shown = read_in_window(self.images(), position, window)
            with self._lock, suppress(ValueError):  # larger than the cache
                self._originals[position, window] = shown
        return shown
