"""Many small images, page by page, with a cursor and a line of text below each image.

Draws the current page, then the adjacent pages. Independent of samples and verdicts: it receives the number of tiles
and requests those on the page.
"""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from alc_tui.text.format import plain, shorten
from alc_tui.tui import palette
from alc_tui.tui.grid.tile import Tile
from alc_tui.tui.grid.tiling import DEFAULT, FEWEST_TILES, Layout, layout
from alc_tui.tui.pictures.drawing import PreviewMode
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.painter import Painter, PaintRequest
from alc_tui.tui.pictures.picture import Picture, text_picture
from alc_tui.tui.widgets.whole_strip import whole

_LOADING = "…"


class ThumbnailGrid(Widget):
    """Tiles in rows, one page at a time. Posts a message whenever the cursor or the page changes.

    most_tiles: the maximum number of tiles, used to choose a size.
    """

    ALLOW_SELECT = False

    class Moved(Message):
        """The cursor or the page has changed."""

    class Opened(Message):
        """The tile under the cursor was double-clicked."""

    class Painted(Message):
        """Images have been sent to the terminal for the first time; their positions are in `waiting`."""

    class Drawn(Message):
        """A thread has drawn an image; internal to the grid."""

        def __init__(self, request: PaintRequest, picture: Picture) -> None:
            super().__init__()
            self.request, self.picture = request, picture

    def __init__(self, painter: Painter, tiles: int) -> None:
        """painter: shared; not closed here. tiles: see `most_tiles`."""
        super().__init__()
        self._painter, self.most_tiles = painter, tiles
        self._mode: PreviewMode | None = None
        self._step, self.is_alone = DEFAULT, False
        self._count, self._cursor = 0, 0
        self._make: Callable[[int], Tile] | None = None
        self._empty_text = ""
        self._tiles: list[Tile] = []
        self._pictures: dict[int, Picture] = {}
        self._painted: set[int] = set()
        self._waiting: dict[int, bool] = {}
        self._seen: dict[int, bool] = {}
        self._ever_seen: dict[int, bool] = {}

    @property
    def cursor(self) -> int:
        """The tile under the cursor; 0 if there are no tiles."""
        return self._cursor

    @property
    def page(self) -> tuple[int, int]:
        """The number of the current page, from 1, and the number of pages."""
        size = self._tiling.page
        return self._cursor // size + 1, max(1, -(-self._count // size))

    @property
    def on_page(self) -> range:
        """The tiles of the current page."""
        first = self._cursor // self._tiling.page * self._tiling.page
        return range(first, min(first + self._tiling.page, self._count))

    def seen(self, tile: int) -> bool | None:
        """Whether the tile's image (rather than an error) is shown; None until it is on the screen."""
        place = tile - self.on_page.start
        return self._seen.get(self._tiles[place].position) if 0 <= place < len(self._tiles) else None

    def ever_seen(self, position: int) -> bool | None:
        """Whether the image at `position` (rather than an error) was shown on any page; None until it was."""
        return self._ever_seen.get(position)

    @property
    def waiting(self) -> frozenset[int]:
        """The positions of images that were painted but not yet confirmed by the terminal."""
        return frozenset(self._waiting)

    def mark_seen(self, positions: frozenset[int]) -> None:
        """The terminal has received these images; images of a page that is no longer shown are ignored."""
        for position in positions & self._waiting.keys():
            self._seen[position] = self._ever_seen[position] = self._waiting.pop(position)

    def show(self, count: int, make: Callable[[int], Tile], cursor: int, empty_text: str) -> None:
        """Show `count` tiles, or `empty_text` if there are none. make: called for the tiles on the page."""
        self._count, self._make, self._empty_text = count, make, empty_text
        self._cursor = min(max(cursor, 0), max(count - 1, 0))
        self._draw()

    def update_tiles(self) -> None:
        """Update the texts of this page's tiles where they have changed, and leave the images, to save bandwidth."""
        if self._make is None or len(self._tiles) != len(self.on_page):
            return  # there has been no space to draw in
        before, self._tiles = self._tiles, [self._make(index) for index in self.on_page]
        for place, (old, new) in enumerate(zip(before, self._tiles, strict=True)):
            if old != new:
                self.refresh(*self._text_regions(place))

    def move(self, across: int, down: int) -> None:
        """Move the cursor by that many tiles; in a short last row, to its end."""
        target = self._cursor + across + down * self._tiling.columns
        last = self._count - 1
        if target > last and down and self._cursor // self._tiling.columns < last // self._tiling.columns:
            target = last
        if 0 <= target <= last:
            self._go(target)

    def turn(self, pages: int) -> None:
        """Move the cursor by that many pages, at most to the first or last tile."""
        self._go(min(max(self._cursor + pages * self._tiling.page, 0), max(self._count - 1, 0)))

    def go_to_end(self, last: bool) -> None:
        """Move the cursor to the last tile or the first."""
        self._go(max(self._count - 1, 0) if last else 0)

    def resize_tiles(self, steps: int) -> None:
        """Make the images larger, or smaller if negative, by as many steps as change the page."""
        self.is_alone, before = False, self._tiling
        while self._tiling == before and 0 <= self._step + steps < len(FEWEST_TILES):
            self._step += steps
        self._draw()

    def toggle_alone(self) -> None:
        """Show the image under the cursor as large as possible, or go back to the size before."""
        self.is_alone = not self.is_alone
        self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        """Show as many tiles as fit; the terminal's capabilities may have changed."""
        self.adapt()

    def adapt(self) -> None:
        """Draw the images in the current manner."""
        self._mode = self._painter.mode(self.app).small
        self._draw()

    def on_unmount(self) -> None:
        """Cancel the requests."""
        self._painter.cancel(self._picture_drawn)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the tile that is clicked; a double click opens it."""
        at, step = event.get_content_offset(self), self._tiling.step
        if at is None or at.x // step[0] >= self._tiling.columns:
            return
        index = self.on_page.start + at.y // step[1] * self._tiling.columns + at.x // step[0]
        if index in self.on_page:
            self._go(index)
            if event.chain == 2:
                self.post_message(self.Opened())

    def on_mouse_scroll_down(self) -> None:
        """The next page."""
        self.turn(1)

    def on_mouse_scroll_up(self) -> None:
        """The page before."""
        self.turn(-1)

    def on_thumbnail_grid_drawn(self, message: Drawn) -> None:
        """Show a picture that a thread has drawn, if it belongs to this page."""
        message.stop()
        for place, tile in enumerate(self._tiles):
            if message.request == self._request(tile):
                self._pictures[tile.position] = message.picture
                self.refresh(self._region(place))

    def render_line(self, y: int) -> Strip:
        """A line of one row of tiles."""
        ground, width = self.visual_style.rich_style, self.content_size.width
        if not self._tiles:
            is_empty = self._count == 0  # else the tiles are not laid out yet
            text = shorten(self._empty_text, width) if is_empty and y == 0 else ""
            return Strip([Segment(text, ground)]).adjust_cell_length(width, ground)
        row, line = divmod(y, self._tiling.step[1])
        places = range(row * self._tiling.columns, (row + 1) * self._tiling.columns)
        cells = [self._cell(place, line, ground) for place in places if place < len(self._tiles)]
        return Strip.join(cells).adjust_cell_length(width, ground)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines to paint; images among them are reported once they have been sent."""
        strips = whole(super().render_lines(crop))
        unseen, self._painted = self._painted - self._seen.keys(), set()
        if unseen:
            self.call_after_refresh(self.call_after_refresh, self._report, unseen)
        return strips

    @property
    def _space(self) -> Size:
        return self.content_size.width, self.content_size.height

    @property
    def _tiling(self) -> Layout:
        if self.is_alone:
            return Layout(1, 1, self._space)
        return layout(self._space, min(FEWEST_TILES[self._step], max(1, self.most_tiles)))

    def _go(self, target: int) -> None:
        if target == self._cursor:
            return
        before, self._cursor = self._cursor, target
        if before // self._tiling.page != target // self._tiling.page:
            self._draw()
            return
        for index in (before, target):
            self.refresh(*self._text_regions(index - self.on_page.start))
        self.post_message(self.Moved())

    def _draw(self) -> None:
        """Show the page with the cursor, and draw adjacent pages in advance."""
        if self._make is None or self._mode is None or not all(self._space):
            return
        page, shown = self._tiling.page, self.on_page
        self._tiles = [self._make(index) for index in shown]
        requests = [self._request(tile) for tile in self._tiles]
        self._pictures = {one.position: picture for one in requests if (picture := self._painter.picture(one))}
        self._waiting, self._seen = {}, {}
        beside = [*range(shown.stop, shown.stop + page), *range(shown.start - page, shown.start)]
        ahead = [self._request(self._make(index)) for index in beside if 0 <= index < self._count]
        missing = [one for one in requests if one.position not in self._pictures]
        self._painter.request(self._picture_drawn, missing, ahead)
        self.refresh()
        self.post_message(self.Moved())

    def _request(self, tile: Tile) -> PaintRequest:
        assert self._mode is not None, "tiles are requested once the mode is known"
        return PaintRequest(tile.position, self._tiling.area, self._mode)

    def _picture_drawn(self, request: PaintRequest, picture: Picture) -> None:
        self.post_message(self.Drawn(request, picture))

    def _report(self, painted: set[int]) -> None:
        """Report painted images that are still on the page."""
        on_page = {tile.position for tile in self._tiles}
        self._waiting |= {one: self._pictures[one].readable for one in painted & on_page & self._pictures.keys()}
        self.post_message(self.Painted())

    def _region(self, place: int) -> Region:
        """The region of the widget that the tile at a place of the page covers."""
        row, column = divmod(place, self._tiling.columns)
        width, height = self._tiling.step
        return Region(column * width, row * height, width, height).translate(self.styles.gutter.top_left)

    def _text_regions(self, place: int) -> tuple[Region, Region]:
        """The parts of `_region` that the edge and the texts cover."""
        images, texts = self._region(place).split_horizontal(self._tiling.area[1])
        return images.split_vertical(1)[0], texts

    def _cell(self, place: int, line: int, ground: Style) -> Strip:
        """A line of one tile."""
        tile, (width, height) = self._tiles[place], self._tiling.area
        is_here = self.on_page.start + place == self._cursor
        colors, column = palette.of(self), Strip.blank(1, ground)
        if line == height:
            return Strip.join([tile.caption(width, is_here, ground, colors), column])
        if line > height:
            return Strip.join([column, tile.label_line(width, ground, colors)])
        return Strip.join([Strip([tile.edge(is_here, ground, colors)], 1), self._image(tile, line, ground)])

    def _image(self, tile: Tile, line: int, ground: Style) -> Strip:
        """A line of an image, which is aligned with the bottom of its tile."""
        (width, height), picture = self._tiling.area, self._pictures.get(tile.position)
        if picture is None:
            shown = text_picture([_LOADING], (width, height), readable=False)
        elif picture.size is None:
            lines = [plain(tile.name), "" if picture.readable else "cannot be shown"]
            shown = text_picture(lines, (width, height), readable=False)
        else:
            shown = picture
        if picture is not None and line == height - 1:
            self._painted.add(tile.position)
        row = line - (height - shown.rows)
        if row < 0:
            return Strip.blank(width, ground)
        return shown.line(row, ground).crop_pad(shown.columns, 0, width - shown.columns, ground)
