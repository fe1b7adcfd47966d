"""Shows the nearest clean samples as thumbnails with their labels, if there is space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from alc_tui.session.labeling.items import Item
from alc_tui.tui.labeling.sample.layout import NEIGHBORS, Tiles
from alc_tui.tui.labeling.sample.thumbnails import Thumbnail, Thumbnails
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.painter import Painter


class Neighbors(Vertical):
    """Shown if there is space, unless turned off."""

    DEFAULT_CSS = """
    Neighbors { height: auto; }
    Neighbors #nearest { height: 1; color: $text-muted; }
    """

    def __init__(self, painter: Painter) -> None:
        super().__init__()
        self._painter = painter
        self._item: Item | None = None
        self._hidden = False
        self._tiles: Tiles | None = None
        self._is_on = True

    def compose(self) -> ComposeResult:
        """A title and the images."""
        yield Static("nearest clean samples", markup=False, id="nearest")
        yield Thumbnails(self._painter)

    @property
    def is_wanted(self) -> bool:
        """Whether there are any to be shown."""
        return self._is_on and not self._hidden and self._item is not None and bool(self._item.neighbors)

    @property
    def lacks_room(self) -> bool:
        """Whether there are some, but no space for them."""
        return self.is_wanted and self._tiles is None

    @property
    def is_draft(self) -> bool:
        """Whether the images are smaller than they could be."""
        return self.display and self.query_one(Thumbnails).is_draft

    def show(self, item: Item, hidden: bool, draft: Size | None = None) -> None:
        """Show the neighbors of this sample; none if `hidden`, because their labels hint at the suggestion.

        draft: see `Thumbnails.show`.
        """
        self._item, self._hidden = item, hidden
        neighbors = () if hidden else item.neighbors[:NEIGHBORS]
        self.query_one(Thumbnails).show([Thumbnail(one.position, one.label) for one in neighbors], draft)

    def prepare(self, items: Sequence[Item]) -> None:
        """Draw the neighbors of these samples in advance."""
        if self.display:
            positions = [one.position for item in items for one in item.neighbors[:NEIGHBORS]]
            self.query_one(Thumbnails).prepare(positions)

    def refine(self) -> Iterator[None]:
        """See `Thumbnails.refine`."""
        return self.query_one(Thumbnails).refine() if self.display else iter(())

    def adapt(self) -> None:
        """Draw the images in the current manner."""
        self.query_one(Thumbnails).adapt()

    def toggle(self) -> None:
        """Turn them off or on."""
        self._is_on = not self._is_on
        self._fit()

    def fit(self, tiles: Tiles | None) -> None:
        """Lay the images out; None if there is no space."""
        self._tiles = tiles
        self._fit()

    def _fit(self) -> None:
        self.display = self.is_wanted and self._tiles is not None
        if self.display and self._tiles is not None:
            self.query_one(Thumbnails).tiles = self._tiles
