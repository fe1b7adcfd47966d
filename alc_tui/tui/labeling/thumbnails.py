"""A row of thumbnails with captions. A `Painter` draws the images in threads. The row is a single widget, which shows
as many images as fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from alc_tui.text.format import plain, shorten
from alc_tui.tui.pictures.drawing import PreviewMode, preview_mode
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.painter import Painter, PaintRequest
from alc_tui.tui.pictures.picture import Picture, text_picture

DEFAULT_AREA = (10, 5)
"""Columns and rows of an image by default."""
GAP = 1
"""Columns between two images."""


@dataclass(frozen=True)
class Thumbnail:
    """The image at `position` and its caption; long captions are truncated in the middle."""

    position: int
    caption: str


class Thumbnails(Widget):
    """Shows a row of thumbnails from the left, with the captions in the last line."""

    ALLOW_SELECT = False

    class Drawn(Message):
        """A thread has drawn an image; internal to the row."""

        def __init__(self, request: PaintRequest, picture: Picture) -> None:
            super().__init__()
            self.request, self.picture = request, picture

    def __init__(self, painter: Painter, area: Size = DEFAULT_AREA) -> None:
        """painter: shared, and not closed here. area: columns and rows of each image."""
        super().__init__()
        self._painter, self._area = painter, area
        self.styles.height = area[1] + 1
        self._mode: PreviewMode | None = None
        self._thumbnails: tuple[Thumbnail, ...] = ()
        self._pictures: dict[PaintRequest, Picture] = {}

    @property
    def area(self) -> Size:
        """Columns and rows of each image."""
        return self._area

    @area.setter
    def area(self, area: Size) -> None:
        if area != self._area:
            self._area = area
            self.styles.height = area[1] + 1
            self._draw()

    def show(self, thumbnails: Sequence[Thumbnail]) -> None:
        """Show these thumbnails, each as soon as it is drawn."""
        self._thumbnails = tuple(thumbnails)
        self._draw()

    def prepare(self, positions: Sequence[int]) -> None:
        """Draw these images in advance, after the visible ones."""
        if self._mode is not None:
            ahead = [PaintRequest(position, self._area, self._mode) for position in positions]
            self._painter.request(self._picture_drawn, self._requests(), ahead)

    def on_resize(self) -> None:
        """Show as many as fit."""
        self._mode = preview_mode(self.app, self._painter.preview).small
        self._draw()

    def on_unmount(self) -> None:
        """Cancel the requests."""
        self._painter.cancel(self._picture_drawn)

    def on_thumbnails_drawn(self, message: Drawn) -> None:
        """Show a picture that a thread has drawn, if it still belongs to the row."""
        message.stop()
        if message.request in self._requests():
            self._pictures[message.request] = message.picture
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of all images, or the captions."""
        ground, (width, rows) = self.visual_style.rich_style, self._area
        gap = Strip([Segment(" " * GAP, ground)], GAP)
        cells = []
        for thumbnail, request in zip(self._thumbnails, self._requests(), strict=False):
            if y < rows:
                cells.append(self._line(self._pictures.get(request), y, ground))
            else:
                caption = set_cell_size(shorten(plain(thumbnail.caption), width), width) if y == rows else " " * width
                cells.append(Strip([Segment(caption, ground)], width))
            cells.append(gap)
        return Strip.join(cells).adjust_cell_length(self.content_size.width, ground)

    def _line(self, picture: Picture | None, y: int, ground: Style) -> Strip:
        width = self._area[0]
        picture = picture or text_picture(["…"], self._area, readable=False)
        if y >= picture.rows:
            return Strip.blank(width, ground)
        left = (width - picture.columns) // 2
        return picture.line(y, ground).crop_pad(picture.columns, left, width - left - picture.columns, ground)

    def _requests(self) -> list[PaintRequest]:
        """One request for each thumbnail that fits."""
        fitting = (self.content_size.width + GAP) // (self._area[0] + GAP)
        if self._mode is None:
            return []
        return [PaintRequest(one.position, self._area, self._mode) for one in self._thumbnails[: max(0, fitting)]]

    def _draw(self) -> None:
        requests = self._requests()
        self._pictures = {
            request: picture for request in requests if (picture := self._painter.picture(request)) is not None
        }
        self._painter.request(self._picture_drawn, requests)
        self.refresh()

    def _picture_drawn(self, request: PaintRequest, picture: Picture) -> None:
        self.post_message(self.Drawn(request, picture))
