"""Shows one large image as soon as it is drawn, with zoom and pan, and reports when it has been painted. A `Painter`
draws images in threads, in advance.

On a slow line, a smaller picture, the draft, is painted first; `refine` then replaces it by the full one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from textual import events
from textual.filter import LineFilter
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from alc_tui.text.format import plain
from alc_tui.tui.pictures.cells import DEFAULT_RATIO
from alc_tui.tui.pictures.drawing import PreviewMode
from alc_tui.tui.pictures.painter import Painter, PaintRequest
from alc_tui.tui.pictures.picture import Picture, text_picture
from alc_tui.tui.pictures.view import View
from alc_tui.tui.terminal import output
from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from alc_tui.tui.widgets.graphic_owner import GraphicOwner
from alc_tui.tui.widgets.line_budget import LineBudget
from alc_tui.tui.widgets.line_filters import without_conversion
from alc_tui.tui.widgets.whole_strip import whole

MARGIN = 2
"""Total columns to the left and right of the image."""
AHEAD = 3
"""The number of images drawn in advance."""

_LOADING = "loading …"


class Preview(Widget):
    """Shows one image at a time, centered at the top; reports when it has been painted."""

    ALLOW_SELECT = False

    class Painted(Message):
        """The image at `position`, or an error message in its place, has been painted, at first perhaps as a draft."""

        def __init__(self, position: int, readable: bool, is_draft: bool) -> None:
            super().__init__()
            self.position, self.readable, self.is_draft = position, readable, is_draft

    class Drawn(Message):
        """A thread has drawn an image; internal to the preview."""

        def __init__(self, request: PaintRequest, picture: Picture) -> None:
            super().__init__()
            self.request, self.picture = request, picture

    def __init__(self, painter: Painter, delivery: DeliveryConfirmation | None = None) -> None:
        """painter: shared, and not closed here. delivery: knows how fast the line is; None for a fast one."""
        super().__init__()
        self._painter, self._line = painter, LineBudget(delivery)
        self._owner = GraphicOwner(self, lambda: self._picture_region)
        self._is_alone = False
        self._mode: PreviewMode | None = None
        self._position: int | None = None
        self._ahead: tuple[int, ...] = ()
        self._view = painter.display.view_of_next
        self._wanted: PaintRequest | None = None
        self._shown: tuple[PaintRequest, Picture] | None = None
        self._full: Picture | None = None
        self._full_from = 0
        self._unreported = False

    @property
    def view(self) -> View:
        """How the image is viewed; brightness and contrast also apply to the next images."""
        return self._view

    @view.setter
    def view(self, view: View) -> None:
        if view != self._view:
            self._view = self._painter.display.view = view
            self._draw(keep=True)

    @property
    def is_alone(self) -> bool:
        """Whether the image may take the whole widget, whatever its limit."""
        return self._is_alone

    @is_alone.setter
    def is_alone(self, is_alone: bool) -> None:
        if is_alone != self._is_alone:
            self._is_alone = is_alone
            self._draw(keep=True)

    @property
    def picture(self) -> Picture | None:
        """The picture of the current image, once it is drawn."""
        return self._shown[1] if self._shown and self._shown[0].position == self._position else None

    @property
    def ratio(self) -> float:
        """Height over width of a cell."""
        return DEFAULT_RATIO if self._mode is None else self._mode.ratio

    @property
    def is_quick(self) -> bool:
        """Whether the line carries the whole picture in a short time."""
        request = self._request(self._position)
        if request is None:
            return self._line.is_unlimited
        return request == self._request(self._position, is_draft=False)

    def show(self, position: int, ahead: Iterable[int] = ()) -> None:
        """Show the image at `position` as soon as it is drawn; once it is painted, draw the images `ahead`."""
        if position != self._position:
            self._view = self._painter.display.view_of_next
        self._position, self._ahead = position, tuple(ahead)
        self._draw(keep=False)

    def adapt(self) -> None:
        """Draw the image in the current manner and size."""
        self._mode = self._painter.mode(self.app)
        self._draw(keep=True)

    def refine(self) -> Iterator[None]:
        """Replace the draft by the full picture, from the bottom up, as much at a step as the line carries in a short
        time."""
        full = self._request(self._position, is_draft=False)
        if full is None or self._shown is None or self._shown[0] == full:
            return
        self._full, self._full_from = None, 0
        self._painter.request(self._picture_drawn, [full])
        while (picture := self._painter.picture(full) or self._full) is None:
            yield
        if not picture.readable:
            return
        rows = self._line.rows(picture)
        self._full, self._full_from = picture, picture.rows
        while rows < self._full_from:
            self._full_from -= rows
            self._show_rows(self._full_from, rows)
            yield
        if self._full_from == picture.rows:
            self._set_picture(full, picture, is_new=False)
        else:
            self._shown, self._full = (full, picture), None
            self._show_rows(0, self._full_from)
        yield

    def zoom(self, steps: int) -> None:
        """Zoom in, or out if negative."""
        self.view = self._view.zoomed(steps, *((self.picture.max_zoom,) if self.picture else ()))

    def pan(self, across: int, down: int) -> None:
        """Move to the right and down, by quarters of the visible part."""
        self.view = self._view.panned(across, down, self.picture.seen if self.picture else None)

    def brighten(self, steps: int) -> None:
        """Make this and all further images brighter, or darker if negative."""
        self.view = self._view.brightened(steps)

    def contrast(self, steps: int) -> None:
        """Give this and all further images more contrast, or less if negative."""
        self.view = self._view.contrasted(steps)

    def next_window(self) -> None:
        """Show this and all further images in the next of this one's windows, if it has several."""
        if len(names := self.windows) > 1:
            self.view = replace(self._view, window=names[(names.index(self.window) + 1) % len(names)])

    @property
    def windows(self) -> tuple[str, ...]:
        """The names of the image's windows, its own first; empty until it is drawn."""
        return self.picture.windows if self.picture else ()

    @property
    def window(self) -> str:
        """The name of the one in which the image is shown, or about to be shown; "" without any."""
        return self._view.window if self._view.window in self.windows else next(iter(self.windows), "")

    def reset(self) -> None:
        """Show the whole image with its own brightness, contrast and window."""
        self.view = View()

    def original(self, with_path: bool = True) -> str:
        """The size and, unless it is hidden, the path of the image, in words."""
        size = self.picture.size if self.picture else None
        path = self._painter.path_of(self._position) if with_path and self._position is not None else None
        pixels = f"{size[0]:,} × {size[1]:,} pixels" if size else "Not decoded"
        return f"{pixels}: {plain(path)}" if path else f"{pixels}."

    def on_mount(self) -> None:
        """Detect what the terminal can show."""
        self._mode = self._painter.mode(self.app)

    def on_unmount(self) -> None:
        """Cancel the requests."""
        self._painter.cancel(self._picture_drawn)

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the image to the widget and to the shape of the cells."""
        self.adapt()

    def on_preview_drawn(self, message: Drawn) -> None:
        """Show a picture that a thread has drawn, if it is still the current one."""
        message.stop()
        if message.request == self._wanted:
            if self._request(self._position) == self._wanted:
                self._set_picture(message.request, message.picture)
            else:
                self._draw(keep=True)
        elif message.request == self._request(self._position, is_draft=False):
            self._full, self._full_from = message.picture, message.picture.rows

    def get_line_filters(self) -> list[LineFilter]:
        """See `without_conversion`."""
        return without_conversion(super().get_line_filters())

    def render_line(self, y: int) -> Strip:
        """A line of the picture, centered."""
        ground, width = self.visual_style.rich_style, self.content_size.width
        picture = self._shown[1] if self._shown else text_picture([_LOADING], self.content_size, readable=False)
        if self._full is not None and y >= self._full_from:
            picture = self._full
        if self._position is None or y >= picture.rows:
            return Strip.blank(width, ground)
        left = self._left_edge(picture)
        return picture.line(y, ground).crop_pad(picture.columns, left, width - left - picture.columns, ground)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines to paint; a picture painted for the first time is reported once it has been sent."""
        strips = whole(super().render_lines(crop))
        if self._shown is None:
            return strips
        if self._shown[1].graphic is not None and (layer := output.graphics(self.app)) is not None:
            layer.add(self._owner)
        if self._unreported:
            self._unreported = False
            self.call_later(self._schedule_report, self._shown)
        return strips

    @property
    def _picture_region(self) -> Region:
        """The part of the widget that the picture covers; the whole widget while a picture is being drawn."""
        if not self._shown:
            return self.content_size.region
        picture = self._shown[1]
        return Region(self._left_edge(picture), 0, picture.columns, picture.rows)

    def _left_edge(self, picture: Picture) -> int:
        return max(0, self.content_size.width - picture.columns) // 2

    def _request(self, position: int | None, is_draft: bool = True) -> PaintRequest | None:
        """is_draft: whether a slow line makes the picture smaller."""
        width, height = self.content_size
        if position is None or self._mode is None or not (width and height):
            return None
        largest = None if self._is_alone else self._painter.display.largest
        area = (width, height) if largest is None else (min(largest[0], width), min(largest[1], height))
        view = self._view if position == self._position else self._painter.display.view_of_next
        full = PaintRequest(position, area, self._mode, view)
        return self._line.draft(full) if is_draft else full

    def _draw(self, keep: bool) -> None:
        """Show the current image. Until it is drawn, `keep` an earlier picture of it, or show that it is loading."""
        self._wanted = request = self._request(self._position)
        if request is None:
            return
        picture = self._painter.picture(request)
        if picture is not None:
            self._set_picture(request, picture)
        elif not (keep and self._shown and self._shown[0].position == self._position):
            self._shown = self._full = self._owner.graphic = None
            self.refresh()
        self._painter.request(self._picture_drawn, [request])

    def _picture_drawn(self, request: PaintRequest, picture: Picture) -> None:
        self.post_message(self.Drawn(request, picture))

    def _set_picture(self, request: PaintRequest, picture: Picture, is_new: bool = True) -> None:
        """is_new: whether to report the picture."""
        self._line.begin(picture)
        before = self._picture_region if self._full is None else self.content_size.region
        self._shown, self._full, self._unreported = (request, picture), None, is_new
        self._owner.graphic = picture.graphic
        self.refresh(before.union(self._picture_region))

    def _show_rows(self, first: int, count: int) -> None:
        self._line.begin()
        self.refresh(Region(0, first, self.content_size.width, count))

    def _schedule_report(self, shown: tuple[PaintRequest, Picture]) -> None:
        # Twice: the first refresh may belong to another widget, which requests these lines without painting them.
        self.call_after_refresh(self.call_after_refresh, self._report, shown)

    def _report(self, shown: tuple[PaintRequest, Picture]) -> None:
        request, picture = shown
        if self._shown is not shown or not self.is_attached or not self.screen.is_active:
            return
        if request.position == self._position:
            is_visible = picture.graphic is None or self._owner.graphic_spot() is not None
            full = self._request(self._position, is_draft=False)
            self.post_message(self.Painted(request.position, picture.readable and is_visible, request != full))
            now = [self._wanted] if self._wanted is not None and self._wanted != request else []
            ahead = [full, *map(self._request, self._ahead)]
            self._painter.request(
                self._picture_drawn, now, [one for one in ahead if one is not None and one != request]
            )
