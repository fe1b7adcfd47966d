"""A row of small images, each with a caption below. Draws nothing itself: a `Painter` does, in threads.

One widget for all of them: pictures are lines of cells, put side by side. As many are shown as there is room for.
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
from alc_tui.tui.pictures.drawing import Manner, manner_of
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.painter import Painter, Wanted
from alc_tui.tui.pictures.picture import Picture, words

SMALL = (10, 5)
"""Columns and rows of an image, unless told."""
GAP = 1
"""Columns between two images."""


@dataclass(frozen=True)
class Thumbnail:
    """The image at `position`, and what is said of it; longer captions are shortened in the middle."""

    position: int
    caption: str


class Thumbnails(Widget):
    """Shows a row of thumbnails from the left, captions in the last line."""

    ALLOW_SELECT = False

    class Drawn(Message):
        """A thread has drawn an image; for the row itself."""

        def __init__(self, wanted: Wanted, picture: Picture) -> None:
            super().__init__()
            self.wanted, self.picture = wanted, picture

    def __init__(self, painter: Painter, area: Size = SMALL) -> None:
        """painter: shared, and not closed here. area: columns and rows of each image."""
        super().__init__()
        self._painter, self._area = painter, area
        self.styles.height = area[1] + 1
        self._manner: Manner | None = None
        self._thumbnails: tuple[Thumbnail, ...] = ()
        self._pictures: dict[Wanted, Picture] = {}

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
        """Show these, each as soon as it is drawn."""
        self._thumbnails = tuple(thumbnails)
        self._draw()

    def prepare(self, positions: Sequence[int]) -> None:
        """Draw these ahead, after those that are shown."""
        if self._manner is not None:
            ahead = [Wanted(position, self._area, self._manner) for position in positions]
            self._painter.want(self._arrived, self._wanted(), ahead)

    def on_resize(self) -> None:
        """As many as there is room for."""
        self._manner = manner_of(self.app, self._painter.preview).small
        self._draw()

    def on_unmount(self) -> None:
        """Nothing more is waited for."""
        self._painter.forget(self._arrived)

    def on_thumbnails_drawn(self, message: Drawn) -> None:
        """Show what a thread has drawn, if it is still wanted."""
        message.stop()
        if message.wanted in self._wanted():
            self._pictures[message.wanted] = message.picture
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of all images, or the captions."""
        ground, (width, rows) = self.visual_style.rich_style, self._area
        gap = Strip([Segment(" " * GAP, ground)], GAP)
        cells = []
        for thumbnail, wanted in zip(self._thumbnails, self._wanted(), strict=False):
            if y < rows:
                cells.append(self._line(self._pictures.get(wanted), y, ground))
            else:
                caption = set_cell_size(shorten(plain(thumbnail.caption), width), width) if y == rows else " " * width
                cells.append(Strip([Segment(caption, ground)], width))
            cells.append(gap)
        return Strip.join(cells).adjust_cell_length(self.content_size.width, ground)

    def _line(self, picture: Picture | None, y: int, ground: Style) -> Strip:
        width = self._area[0]
        picture = picture or words(["…"], self._area, readable=False)
        if y >= picture.rows:
            return Strip.blank(width, ground)
        left = (width - picture.columns) // 2
        return picture.line(y, ground).crop_pad(picture.columns, left, width - left - picture.columns, ground)

    def _wanted(self) -> list[Wanted]:
        """The pictures of those that there is room for."""
        fitting = (self.content_size.width + GAP) // (self._area[0] + GAP)
        if self._manner is None:
            return []
        return [Wanted(one.position, self._area, self._manner) for one in self._thumbnails[: max(0, fitting)]]

    def _draw(self) -> None:
        wanted = self._wanted()
        self._pictures = {one: drawn for one in wanted if (drawn := self._painter.picture(one)) is not None}
        self._painter.want(self._arrived, wanted)
        self.refresh()

    def _arrived(self, wanted: Wanted, picture: Picture) -> None:
        self.post_message(self.Drawn(wanted, picture))
