"""One image, large: shown as soon as it is drawn, looked at closely, and reported once it has been painted.

Draws nothing itself: a `Painter` does, in threads, ahead of the person.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import ControlType, Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from alc_tui.text.format import plain
from alc_tui.tui.pictures.drawing import Manner, manner_of
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.painter import Painter, Wanted
from alc_tui.tui.pictures.picture import Picture, words
from alc_tui.tui.pictures.view import View

LARGEST = (48, 24)
"""Columns and rows that an image may take: a frame is bytes on somebody's SSH line."""
MARGIN = 2
"""Columns beside the image, in sum."""
AHEAD = 3
"""How many images are drawn ahead."""

_LOADING = "loading …"
_PAINTS_NO_CELLS = ((ControlType.CURSOR_FORWARD, 0),)


class Preview(Widget):
    """Shows one image at a time, centered at the top; says when it has been painted."""

    ALLOW_SELECT = False

    class Painted(Message):
        """The image at `position`, or the reason why there is none, is on the screen."""

        def __init__(self, position: int, readable: bool) -> None:
            super().__init__()
            self.position, self.readable = position, readable

    class Drawn(Message):
        """A thread has drawn an image; for the preview itself."""

        def __init__(self, wanted: Wanted, picture: Picture) -> None:
            super().__init__()
            self.wanted, self.picture = wanted, picture

    def __init__(self, painter: Painter, largest: Size | None = LARGEST) -> None:
        """painter: shared, and not closed here. largest: columns and rows that an image may take, None for all."""
        super().__init__()
        self._painter, self._largest = painter, largest
        self._manner: Manner | None = None
        self._position: int | None = None
        self._ahead: tuple[int, ...] = ()
        self._view = View()
        self._shown: tuple[Wanted, Picture] | None = None
        self._unreported = False
        self._gone: set[str] = set()

    @property
    def view(self) -> View:
        """How the image is looked at; brightness and contrast stay set for the next ones."""
        return self._view

    @view.setter
    def view(self, view: View) -> None:
        if view != self._view:
            self._view = view
            self._draw(keep=True)

    @property
    def largest(self) -> Size | None:
        """Columns and rows that an image may take; None for all there are."""
        return self._largest

    @largest.setter
    def largest(self, largest: Size | None) -> None:
        if largest != self._largest:
            self._largest = largest
            self._draw(keep=True)

    @property
    def picture(self) -> Picture | None:
        """What is shown of the current image, once it is drawn."""
        return self._shown[1] if self._shown and self._shown[0].position == self._position else None

    def show(self, position: int, ahead: Iterable[int] = ()) -> None:
        """Show the image at `position` as soon as it is drawn, then, once it is painted, draw those `ahead`.

        Another image is shown whole; brightness and contrast stay.
        """
        if position != self._position:
            self._view = self._view.whole()
        self._position, self._ahead = position, tuple(ahead)
        self._draw(keep=False)

    def zoom(self, steps: int) -> None:
        """Nearer, or farther if negative."""
        self.view = self._view.zoomed(steps, *((self.picture.deepest,) if self.picture else ()))

    def pan(self, across: int, down: int) -> None:
        """To the right and down, by quarters of what is seen."""
        self.view = self._view.panned(across, down, self.picture.seen if self.picture else None)

    def brighten(self, steps: int) -> None:
        """Brighter, or darker if negative; for all images from now on."""
        self.view = self._view.brightened(steps)

    def contrast(self, steps: int) -> None:
        """More contrast, or less if negative; for all images from now on."""
        self.view = self._view.contrasted(steps)

    def reset(self) -> None:
        """The whole image, as bright as it was taken."""
        self.view = View()

    def original(self) -> str:
        """How large the image is and where it lies, in words."""
        size = self.picture.size if self.picture else None
        where = None if self._position is None else self._painter.whereabouts(self._position)
        pixels = f"{size[0]:,} × {size[1]:,} pixels" if size else "Not decoded"
        return f"{pixels}: {plain(where)}" if where else f"{pixels}."

    def on_mount(self) -> None:
        """What the terminal can show is known from here on."""
        self._manner = manner_of(self.app, self._painter.preview)

    def on_unmount(self) -> None:
        """Nothing more is waited for."""
        self._painter.forget(self._arrived)
        self._retire()
        self._free()

    def on_resize(self, _event: events.Resize) -> None:
        """The image follows the room there is, and the shape of the cells."""
        self._manner = manner_of(self.app, self._painter.preview)
        self._draw(keep=True)

    def on_preview_drawn(self, message: Drawn) -> None:
        """Show what a thread has drawn, if it is what is waited for."""
        message.stop()
        if message.wanted == self._wanted(self._position):
            self._put(message.wanted, message.picture)

    def render_line(self, y: int) -> Strip:
        """A line of the picture, centered."""
        ground, width = self.visual_style.rich_style, self.content_size.width
        picture = self._shown[1] if self._shown else words([_LOADING], self.content_size, readable=False)
        if self._position is None or y >= picture.rows:
            return Strip.blank(width, ground)
        left = self._left_of(picture)
        return picture.line(y, ground).crop_pad(picture.columns, left, width - left - picture.columns, ground)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines that are painted; what is painted now is reported as soon as it is on its way."""
        strips = super().render_lines(crop)
        if self._shown is None:
            return strips
        if self._shown[1].over and self.screen.is_active:
            strips[-1] = self._painted_over(strips[-1], self._shown[1])
        if self._unreported:
            self._unreported = False
            self.call_later(self._settle, self._shown)
        return strips

    @property
    def _place(self) -> Region:
        """What the picture covers: all there is while one is being drawn."""
        width, height = self.content_size
        if not self._shown:
            return Region(0, 0, width, height)
        picture = self._shown[1]
        return Region(self._left_of(picture), 0, picture.columns, picture.rows)

    def _left_of(self, picture: Picture) -> int:
        return max(0, self.content_size.width - picture.columns) // 2

    def _painted_over(self, last: Strip, picture: Picture) -> Strip:
        """The last line, then what the terminal paints from the picture's first cell; the cursor comes back."""
        corner = self.content_region.offset
        sequence = f"\x1b7\x1b[{corner.y + 1};{corner.x + self._left_of(picture) + 1}H{picture.over}\x1b8"
        return Strip([*last, Segment(sequence, None, _PAINTS_NO_CELLS)], last.cell_length)

    def _wanted(self, position: int | None) -> Wanted | None:
        size = self.content_size
        if position is None or self._manner is None or not all(size):
            return None
        most = self._largest or (size.width, size.height)
        view = self._view if position == self._position else self._view.whole()
        return Wanted(position, (min(most[0], size.width), min(most[1], size.height)), self._manner, view)

    def _draw(self, keep: bool) -> None:
        """Show the current image; until it is drawn, `keep` what is shown if it is the same image, else say so."""
        wanted = self._wanted(self._position)
        if wanted is None:
            return
        picture = self._painter.picture(wanted)
        if picture is not None:
            self._put(wanted, picture)
        elif not (keep and self._shown and self._shown[0].position == self._position):
            self._retire()
            self._shown = None
            self.refresh()
        self._painter.want(self._arrived, [wanted])

    def _arrived(self, wanted: Wanted, picture: Picture) -> None:
        self.post_message(self.Drawn(wanted, picture))

    def _put(self, wanted: Wanted, picture: Picture) -> None:
        self._send(picture.before)
        self._retire()
        self._gone.discard(picture.after)
        before, self._shown, self._unreported = self._place, (wanted, picture), True
        self.refresh(before.union(self._place))

    def _retire(self) -> None:
        """What the terminal keeps of the picture that is shown can go once another one is painted."""
        if self._shown:
            self._gone.add(self._shown[1].after)

    def _free(self) -> None:
        for sequence in self._gone:
            self._send(sequence)
        self._gone.clear()

    def _send(self, sequence: str) -> None:
        """To the terminal, in order with what Textual paints."""
        driver = self.app._driver
        if sequence and driver is not None and not self.app.is_headless:
            driver.write(sequence)

    def _settle(self, shown: tuple[Wanted, Picture]) -> None:
        # Twice: the first frame may have been another widget's, which asks for these lines but does not paint them.
        self.call_after_refresh(self.call_after_refresh, self._report, shown)

    def _report(self, shown: tuple[Wanted, Picture]) -> None:
        wanted, picture = shown
        if self._shown is not shown or not self.is_attached or not self.screen.is_active:
            return
        self._free()
        if wanted.position == self._position:
            self.post_message(self.Painted(wanted.position, picture.readable))
            here, *ahead = map(self._wanted, (self._position, *self._ahead))
            now = [here] if here is not None and here != wanted else []
            self._painter.want(self._arrived, now, [one for one in ahead if one is not None])
