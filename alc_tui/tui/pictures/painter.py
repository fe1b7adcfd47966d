"""Draws the images of a session in threads: what is on the screen first, then what may come. Knows no widget."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

from PIL import Image

from alc_tui.data.dataset import ImageSource
from alc_tui.tui.pictures.drawing import Manner, draw, unreadable, unshown
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.kept import Kept
from alc_tui.tui.pictures.picture import Picture
from alc_tui.tui.pictures.view import View

THREADS = 2
IMAGE_BYTES = 48 * 2**20
"""How much of the decoded images is kept."""
CELLS = 8_000
"""How many cells of drawn pictures are kept; one costs about a kilobyte."""


@dataclass(frozen=True)
class Wanted:
    """One picture: the image at `position`, in an area of columns and rows, in a manner, as somebody looks at it."""

    position: int
    area: Size
    manner: Manner = field(default_factory=Manner)
    view: View = field(default_factory=View)


Arrived = Callable[[Wanted, Picture], None]
"""Called in a thread of the painter."""


class Painter:
    """Shared by all that shows images of one session. Opens them once, when the first is wanted; `close` it.

    Widgets want pictures; each wants what it wanted last, and the one that asked last is served first.
    """

    def __init__(self, open_images: Callable[[], ImageSource], preview: str = "half", threads: int = THREADS) -> None:
        """open_images: called in a thread, again only if it failed. preview: one of `PREVIEWS`, for all who ask."""
        self.preview = preview
        self._open_images = open_images
        self._images: ImageSource | None = None
        self._opening, self._lock = Lock(), Lock()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="painter")
        self._originals: Kept[int, Image.Image] = Kept(IMAGE_BYTES)
        self._pictures: Kept[Wanted, Picture] = Kept(CELLS)
        self._now: OrderedDict[Arrived, list[Wanted]] = OrderedDict()
        self._ahead: OrderedDict[Arrived, list[Wanted]] = OrderedDict()
        self._drawing: set[Wanted] = set()
        self._closed = False

    def picture(self, wanted: Wanted) -> Picture | None:
        """The picture, if it is drawn already and could be."""
        with self._lock:
            return self._pictures.get(wanted)

    def want(self, arrived: Arrived, now: Iterable[Wanted], ahead: Iterable[Wanted] = ()) -> None:
        """Draw these, and no longer what `arrived` was to be called for before.

        now: what is on the screen. ahead: what may come; drawn after all that anybody wants now. `arrived` is called
        for each that was not drawn already, in the order in which they get done.
        """
        with self._lock:
            if self._closed:
                return
            for queue, asked in ((self._now, now), (self._ahead, ahead)):
                queue[arrived] = [one for one in dict.fromkeys(asked) if one not in self._pictures]
                queue.move_to_end(arrived, last=False)
            jobs = len(self._now[arrived]) + len(self._ahead[arrived])
        for _ in range(jobs):
            self._threads.submit(self._draw_next)

    def whereabouts(self, position: int) -> str | None:
        """The image's own file; None where it has none, and before any image was opened."""
        path = None if self._images is None else self._images.path(position)
        return None if path is None else str(path)

    def forget(self, arrived: Arrived) -> None:
        """Call `arrived` no more."""
        with self._lock:
            self._now.pop(arrived, None)
            self._ahead.pop(arrived, None)

    def close(self) -> None:
        """Draw nothing more and call nobody any more; does not wait for what is being drawn."""
        with self._lock:
            self._closed = True
            self._now.clear()
            self._ahead.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _draw_next(self) -> None:
        with self._lock:
            queues = [*self._now.values(), *self._ahead.values()]
            wanted = next((one for queue in queues for one in queue if one not in self._drawing), None)
            if wanted is None:
                return
            self._drawing.add(wanted)
        picture = self._drawn(wanted)
        with self._lock:
            self._drawing.discard(wanted)
            if picture.readable:
                self._pictures.put(wanted, picture, picture.rows * picture.columns)
            waiting = self._served(wanted)
        for arrived in waiting:
            arrived(wanted, picture)

    def _served(self, wanted: Wanted) -> list[Arrived]:
        waiting = []
        for queue in (self._now, self._ahead):
            for arrived, asked in queue.items():
                if wanted in asked:
                    asked.remove(wanted)
                    waiting.append(arrived)
        return list(dict.fromkeys(waiting))

    def _drawn(self, wanted: Wanted) -> Picture:
        try:
            if wanted.manner.preview == "off":
                images = self._opened()
                return unshown(images.locator(wanted.position), wanted.area)
            return draw(self._original(wanted.position), wanted.area, wanted.manner, wanted.view)
        except Exception as problem:  # decoders fed with damaged files raise almost anything
            return unreadable(problem, wanted.area)

    def _original(self, position: int) -> Image.Image:
        with self._lock:
            image = self._originals.get(position)
        if image is None:
            image = self._opened().read(position)
            with self._lock:
                self._originals.put(position, image, 3 * image.width * image.height)
        return image

    def _opened(self) -> ImageSource:
        with self._opening:
            if self._images is None:
                self._images = self._open_images()
            return self._images
