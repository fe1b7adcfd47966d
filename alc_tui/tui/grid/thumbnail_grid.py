"""Many images, small, page by page: a cursor to move, and a line of words under each.

Draws only the page that is shown, and the ones beside it ahead. Knows no sample and no verdict: it is told how many
tiles there are, and asks for those it shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from alc_tui.text.format import plain, shorten
from alc_tui.tui import palette
from alc_tui.tui.grid.tiling import SIZES, Pattern, largest_size, pattern
from alc_tui.tui.pictures.drawing import Manner, manner_of
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.painter import Painter, Wanted
from alc_tui.tui.pictures.picture import Picture, words

_LOADING = "…"
_CURSOR, _MARK = "▌", "●"


@dataclass(frozen=True)
class Tile:
    """One thumbnail: the image at `position`, or its `name` where no image can be shown; `number` and `state` below it.

    color: of the state, by its name in the palette.
    """

    position: int
    name: str
    number: int
    state: str
    color: str
    is_marked: bool


class ThumbnailGrid(Widget):
    """Tiles from left to right and down, a page at a time. Says where the cursor is whenever it has moved."""

    ALLOW_SELECT = False

    class Moved(Message):
        """The cursor is elsewhere, or the page is another."""

    class Opened(Message):
        """The tile under the cursor was clicked twice."""

    class Painted(Message):
        """Images that were not seen before are on their way to the terminal: they are `waiting`."""

    class Drawn(Message):
        """A thread has drawn an image; for the grid itself."""

        def __init__(self, wanted: Wanted, picture: Picture) -> None:
            super().__init__()
            self.wanted, self.picture = wanted, picture

    def __init__(self, painter: Painter, tiles: int) -> None:
        """painter: shared with others, theirs to close. tiles: how many there may be at most, for a size that fits."""
        super().__init__()
        self._painter, self._most = painter, tiles
        self._manner: Manner | None = None
        self._chosen: int | None = None
        self._count, self._cursor = 0, 0
        self._make: Callable[[int], Tile] | None = None
        self._nothing = ""
        self._tiles: list[Tile] = []
        self._pictures: dict[int, Picture] = {}
        self._put: set[int] = set()
        self._waiting: dict[int, bool] = {}
        self._seen: dict[int, bool] = {}

    @property
    def cursor(self) -> int:
        """The tile that the cursor is on; 0 where there is none."""
        return self._cursor

    @property
    def page(self) -> tuple[int, int]:
        """The page that is shown, from 1, and how many there are."""
        size = self._pattern.page
        return self._cursor // size + 1, max(1, -(-self._count // size))

    @property
    def on_page(self) -> range:
        """The tiles that are shown."""
        first = self._cursor // self._pattern.page * self._pattern.page
        return range(first, min(first + self._pattern.page, self._count))

    def seen(self, tile: int) -> bool | None:
        """Whether the tile's image can be judged; None until it, or why there is none, is on the terminal."""
        place = tile - self.on_page.start
        return self._seen.get(self._tiles[place].position) if 0 <= place < len(self._tiles) else None

    @property
    def waiting(self) -> frozenset[int]:
        """The positions of images that were painted, of which it is not known whether the terminal has them."""
        return frozenset(self._waiting)

    def saw(self, positions: frozenset[int]) -> None:
        """The terminal has these of `waiting`, unless the page was turned meanwhile."""
        for position in positions & self._waiting.keys():
            self._seen[position] = self._waiting.pop(position)

    def show(self, count: int, make: Callable[[int], Tile], cursor: int, nothing: str) -> None:
        """Show `count` tiles, or a sentence for none. make: called for those that are on the page."""
        self._count, self._make, self._nothing = count, make, nothing
        self._cursor = min(max(cursor, 0), max(count - 1, 0))
        self._draw()

    def remake(self) -> None:
        """Ask for the tiles of this page anew: their words have changed."""
        if self._make is not None:
            self._tiles = [self._make(index) for index in self.on_page]
            self.refresh()

    def move(self, across: int, down: int) -> None:
        """The cursor that many tiles on; where a last row is short, to its end."""
        target = self._cursor + across + down * self._pattern.columns
        last = self._count - 1
        if target > last and down and self._cursor // self._pattern.columns < last // self._pattern.columns:
            target = last
        if 0 <= target <= last:
            self._go(target)

    def turn(self, pages: int) -> None:
        """The cursor that many pages on, at most to the first or last tile."""
        self._go(min(max(self._cursor + pages * self._pattern.page, 0), max(self._count - 1, 0)))

    def go_to_end(self, last: bool) -> None:
        """The cursor on the last tile or the first."""
        self._go(max(self._count - 1, 0) if last else 0)

    def resize_tiles(self, steps: int) -> None:
        """Larger images, or smaller ones if negative."""
        self._chosen = min(max(self._place_of_size + steps, 0), len(SIZES) - 1)
        self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        """As many tiles as there is room for; what the terminal can show may have changed."""
        self._manner = manner_of(self.app, self._painter.preview).small
        self._draw()

    def on_unmount(self) -> None:
        """Nothing more is waited for."""
        self._painter.forget(self._arrived)

    def on_click(self, event: events.Click) -> None:
        """The cursor goes where it is clicked; twice opens."""
        at, step = event.get_content_offset(self), self._pattern.step
        if at is None or at.x // step[0] >= self._pattern.columns:
            return
        index = self.on_page.start + at.y // step[1] * self._pattern.columns + at.x // step[0]
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
        """Show what a thread has drawn, if it belongs to this page."""
        message.stop()
        for place, tile in enumerate(self._tiles):
            if message.wanted == self._wanted(tile):
                self._pictures[tile.position] = message.picture
                self.refresh(self._region(place))

    def render_line(self, y: int) -> Strip:
        """A line of a row of tiles."""
        ground, width = self.visual_style.rich_style, self.content_size.width
        if not self._tiles:
            text = shorten(self._nothing, width) if y == 0 else ""
            return Strip([Segment(text, ground)]).adjust_cell_length(width, ground)
        row, line = divmod(y, self._pattern.step[1])
        places = range(row * self._pattern.columns, (row + 1) * self._pattern.columns)
        cells = [self._cell(place, line, ground) for place in places if place < len(self._tiles)]
        return Strip.join(cells).adjust_cell_length(width, ground)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines that are painted; which images are among them is known once they are on their way."""
        strips = super().render_lines(crop)
        put, self._put = self._put - self._seen.keys(), set()
        if put:
            self.call_after_refresh(self.call_after_refresh, self._report, put)
        return strips

    @property
    def _room(self) -> Size:
        return self.content_size.width, self.content_size.height

    @property
    def _place_of_size(self) -> int:
        return largest_size(self._room, self._most) if self._chosen is None else self._chosen

    @property
    def _pattern(self) -> Pattern:
        return pattern(self._room, SIZES[self._place_of_size])

    def _go(self, target: int) -> None:
        if target == self._cursor:
            return
        before, self._cursor = self._cursor, target
        if before // self._pattern.page != target // self._pattern.page:
            self._draw()
            return
        for index in (before, target):
            self.refresh(self._region(index - self.on_page.start))
        self.post_message(self.Moved())

    def _draw(self) -> None:
        """Show the page that the cursor is on, and draw those beside it ahead."""
        if self._make is None or self._manner is None or not all(self._room):
            return
        page, shown = self._pattern.page, self.on_page
        self._tiles = [self._make(index) for index in shown]
        wanted = [self._wanted(tile) for tile in self._tiles]
        self._pictures = {one.position: drawn for one in wanted if (drawn := self._painter.picture(one))}
        self._waiting, self._seen = {}, {}
        beside = [*range(shown.stop, shown.stop + page), *range(shown.start - page, shown.start)]
        ahead = [self._wanted(self._make(index)) for index in beside if 0 <= index < self._count]
        self._painter.want(self._arrived, [one for one in wanted if one.position not in self._pictures], ahead)
        self.refresh()
        self.post_message(self.Moved())

    def _wanted(self, tile: Tile) -> Wanted:
        assert self._manner is not None, "tiles are made once the manner is known"
        return Wanted(tile.position, self._pattern.area, self._manner)

    def _arrived(self, wanted: Wanted, picture: Picture) -> None:
        self.post_message(self.Drawn(wanted, picture))

    def _report(self, put: set[int]) -> None:
        """These have been painted, unless the page was turned meanwhile."""
        on_page = {tile.position for tile in self._tiles}
        self._waiting |= {one: self._pictures[one].readable for one in put & on_page & self._pictures.keys()}
        self.post_message(self.Painted())

    def _region(self, place: int) -> Region:
        """Where the tile at a place of the page lies on the widget."""
        row, column = divmod(place, self._pattern.columns)
        width, height = self._pattern.step
        return Region(column * width, row * height, width, height).translate(self.styles.gutter.top_left)

    def _cell(self, place: int, line: int, ground: Style) -> Strip:
        """A line of one tile."""
        tile, (width, height) = self._tiles[place], self._pattern.area
        is_here = self.on_page.start + place == self._cursor
        if line >= height:
            return self._words(tile, is_here, ground) if line == height else Strip.blank(width + 1, ground)
        edge = Strip([Segment(_CURSOR if is_here else " ", ground + Style(color=palette.of(self).key))], 1)
        return Strip.join([edge, self._image(tile, line, ground)])

    def _image(self, tile: Tile, line: int, ground: Style) -> Strip:
        """A line of an image, which stands on its words."""
        (width, height), picture = self._pattern.area, self._pictures.get(tile.position)
        if picture is None:
            shown = words([_LOADING], (width, height), readable=False)
        elif picture.size is None:
            shown = words([plain(tile.name), "" if picture.readable else "cannot be shown"], (width, height), False)
        else:
            shown = picture
        if picture is not None and line == height - 1:
            self._put.add(tile.position)
        row = line - (height - shown.rows)
        if row < 0:
            return Strip.blank(width, ground)
        return shown.line(row, ground).crop_pad(shown.columns, 0, width - shown.columns, ground)

    def _words(self, tile: Tile, is_here: bool, ground: Style) -> Strip:
        """Whether it is marked, its number and its state; reversed under the cursor."""
        width, style = self._pattern.step[0], ground + Style(reverse=is_here, bold=tile.is_marked)
        start = f"{_MARK if tile.is_marked else ' '}{tile.number} "
        state = shorten(tile.state, width - len(start) - 1)
        rest = " " * (width - len(start) - cell_len(state))
        colored = style if is_here else style + Style(color=getattr(palette.of(self), tile.color))
        return Strip([Segment(start, style), Segment(state, colored), Segment(rest[:-1], style), Segment(" ", ground)])
