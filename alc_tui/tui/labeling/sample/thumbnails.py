"""Rows of thumbnails with captions. A `Painter` draws the images in threads. All of them are a single widget, which
shows as many images as fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.filter import LineFilter
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from alc_tui.text.format import plain, shorten
from alc_tui.tui.labeling.sample.layout import GAP, NEIGHBORS, Tiles
from alc_tui.tui.pictures.drawing import PreviewMode
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.painter import Painter, PaintRequest
from alc_tui.tui.pictures.picture import Picture, text_picture
from alc_tui.tui.terminal import output
from alc_tui.tui.widgets.graphic_owner import GraphicOwner
from alc_tui.tui.widgets.line_filters import without_conversion
from alc_tui.tui.widgets.whole_strip import whole

DEFAULT_TILES = Tiles(NEIGHBORS, 1, (10, 5))
SLOW_BYTES = 2**15
"""The most bytes of a graphic where images are small at first, because the line is slow."""


@dataclass(frozen=True)
class Thumbnail:
    """The image at `position` and its caption; long captions are truncated in the middle."""

    position: int
    caption: str


class Thumbnails(Widget):
    """Shows thumbnails in rows, each with its caption below."""

    ALLOW_SELECT = False

    class Drawn(Message):
        """A thread has drawn an image; internal to the thumbnails."""

        def __init__(self, request: PaintRequest, picture: Picture) -> None:
            super().__init__()
            self.request, self.picture = request, picture

    def __init__(self, painter: Painter, tiles: Tiles = DEFAULT_TILES) -> None:
        """painter: shared, and not closed here."""
        super().__init__()
        self._painter, self._tiles = painter, tiles
        self.styles.height = tiles.height
        self._mode: PreviewMode | None = None
        self._thumbnails: tuple[Thumbnail, ...] = ()
        self._pictures: dict[PaintRequest, Picture] = {}
        self._owners: list[GraphicOwner] = []
        self._draft: Size | None = None
        self._refined = 0

    @property
    def area(self) -> Size:
        """Columns and rows of each image."""
        return self._tiles.area

    @property
    def tiles(self) -> Tiles:
        """How the images are laid out."""
        return self._tiles

    @tiles.setter
    def tiles(self, tiles: Tiles) -> None:
        if tiles != self._tiles:
            self._tiles = tiles
            self.styles.height = tiles.height
            self._draw()

    def show(self, thumbnails: Sequence[Thumbnail], draft: Size | None = None) -> None:
        """Show these thumbnails, each as soon as it is drawn. draft: columns and rows that an image may take until
        `refine`, in blocks; None for its whole tile."""
        self._thumbnails, self._draft, self._refined = tuple(thumbnails), draft, 0
        self._draw()

    @property
    def is_draft(self) -> bool:
        """Whether there are images that `refine` would enlarge."""
        return self._draft is not None and self._refined < len(self._requests())

    def refine(self) -> Iterator[None]:
        """Show the images in full, one per step."""
        while self.is_draft:
            self._refined += 1
            self._draw(self._refined - 1)
            yield

    def prepare(self, positions: Sequence[int]) -> None:
        """Draw these images in advance, after the visible ones."""
        if self._mode is not None:
            ahead = [self._request(self._refined, position, self._mode) for position in positions]
            self._painter.request(self._picture_drawn, self._requests(), ahead)

    def on_resize(self) -> None:
        """Show as many as fit."""
        self.adapt()

    def adapt(self) -> None:
        """Draw the images in the current manner."""
        self._mode = self._painter.mode(self.app)
        self._draw()

    def on_unmount(self) -> None:
        """Cancel the requests."""
        self._painter.cancel(self._picture_drawn)

    def on_thumbnails_drawn(self, message: Drawn) -> None:
        """Show a picture that a thread has drawn, if it is still shown."""
        message.stop()
        requests = self._requests()
        if message.request in requests:
            self._pictures[message.request] = message.picture
            for place in (place for place, request in enumerate(requests) if request == message.request):
                self.refresh(self._region(place))

    def get_line_filters(self) -> list[LineFilter]:
        """See `without_conversion`."""
        return without_conversion(super().get_line_filters())

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines to paint, and the graphics over them."""
        pictures = [self._pictures.get(request) for request in self._requests()]
        for place in range(len(self._owners), len(pictures)):
            self._owners.append(GraphicOwner(self, partial(self._image_region, place)))
        layer = output.graphics(self.app)
        for place, owner in enumerate(self._owners):
            picture = pictures[place] if place < len(pictures) else None
            owner.graphic = None if picture is None else picture.graphic
            if owner.graphic is not None and layer is not None:
                layer.add(owner)
        return whole(super().render_lines(crop))

    def render_line(self, y: int) -> Strip:
        """One line of a row of images, or their captions."""
        ground, (width, height) = self.visual_style.rich_style, self._tiles.area
        row, line = divmod(y, height + 1)
        gap = Strip([Segment(" " * GAP, ground)], GAP)
        cells = []
        shown = list(zip(self._thumbnails, self._requests(), strict=False))
        for thumbnail, request in shown[row * self._tiles.across : (row + 1) * self._tiles.across]:
            picture = self._pictures.get(request) or text_picture(["…"], (width, height), readable=False)
            cells += [self._line(picture, thumbnail.caption, line, ground), gap]
        return Strip.join(cells).adjust_cell_length(self.content_size.width, ground).simplify()

    def _line(self, picture: Picture, caption: str, y: int, ground: Style) -> Strip:
        """A line of an image, or of the caption below it."""
        width = self._tiles.area[0]
        if y < picture.rows:
            return picture.line(y, ground).crop_pad(picture.columns, 0, width - picture.columns, ground)
        text = shorten(plain(caption), width) if y == picture.rows else ""
        return Strip([Segment(set_cell_size(text, width), ground)], width)

    def _request(self, place: int, position: int, mode: PreviewMode) -> PaintRequest:
        """The image at a position as it is shown at a place."""
        (width, height), draft = self._tiles.area, self._draft
        if draft is None:
            return PaintRequest(position, (width, height), mode)
        if place < self._refined:
            return PaintRequest(position, (width, height), replace(mode, most_bytes=SLOW_BYTES))
        return PaintRequest(position, (min(width, draft[0]), min(height, draft[1])), mode.small)

    def _requests(self) -> list[PaintRequest]:
        """One request for each thumbnail that fits."""
        mode = self._mode
        if mode is None:
            return []
        across = (self.content_size.width + GAP) // (self._tiles.area[0] + GAP)
        fitting = max(0, min(across, self._tiles.across)) * self._tiles.down
        return [self._request(place, one.position, mode) for place, one in enumerate(self._thumbnails[:fitting])]

    def _image_region(self, place: int) -> Region:
        """The part of the widget that an image covers."""
        requests = self._requests()
        picture = self._pictures.get(requests[place]) if place < len(requests) else None
        corner = self._region(place).offset
        return Region(*corner, picture.columns, picture.rows) if picture is not None else Region(*corner, 0, 0)

    def _region(self, place: int) -> Region:
        """The part of the widget that an image and its caption cover."""
        row, column = divmod(place, self._tiles.across)
        width, height = self._tiles.area
        return Region(column * (width + GAP), row * (height + 1), width, height + 1)

    def _draw(self, place: int | None = None) -> None:
        """place: of the only image that has changed."""
        requests = self._requests()
        self._pictures = {
            request: picture for request in requests if (picture := self._painter.picture(request)) is not None
        }
        self._painter.request(self._picture_drawn, requests)
        self.refresh(*(() if place is None else (self._region(place),)))

    def _picture_drawn(self, request: PaintRequest, picture: Picture) -> None:
        self.post_message(self.Drawn(request, picture))
