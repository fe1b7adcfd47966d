"""The gallery: test images with label and prediction, to look at. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from alc_tui.session.labeling.scored import ScoredImage
from alc_tui.session.labeling.service import SessionService
from alc_tui.text.format import counted, percent, plain
from alc_tui.tui.gallery.keys import KEYS
from alc_tui.tui.grid.browsing import ThumbnailScreen
from alc_tui.tui.grid.thumbnail_grid import ThumbnailGrid
from alc_tui.tui.grid.tile import SEEN_AS, Tile
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.progress.focus import toggle_focus
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.key_bar import KeyBar
from alc_tui.tui.widgets.status_line import StatusLine

_WELCOME = "Test images, with label → prediction, to look at. Nothing is decided here."
_EMPTY = "No test image is here."


class GalleryScreen(ThumbnailScreen):
    """Shows images in this order."""

    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    REFUSES_CLASS_KEYS = True

    def __init__(
        self, service: SessionService, painter: Painter, images: Sequence[ScoredImage], title: str, name: str
    ) -> None:
        """title: what they have in common. name: the class that they are about."""
        super().__init__()
        self._service, self._painter, self._images = service, painter, images
        self._common, self._class = title, name

    def compose(self) -> ComposeResult:
        """Heading, thumbnails, details of the one under the cursor, status line, keys."""
        yield Heading()
        yield ThumbnailGrid(self._painter, len(self._images))
        yield Static(id="here", markup=False)
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin with the first image."""
        self.thumbnails.show(len(self._images), self._tile, 0, _EMPTY)
        self.query_one(StatusLine).show_message(_WELCOME)
        self._show_heading()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """Which keys are active: viewers cannot change what later rounds show."""
        return action != "more_of_these" or self._service.is_writable

    def action_look(self) -> None:
        """Show the image alone, or all again."""
        self.thumbnails.toggle_alone()

    def action_back(self) -> None:
        """Show all images again, or go back to the previous screen."""
        if self.thumbnails.is_alone:
            self.action_look()
        else:
            self.dismiss()

    def action_more_of_these(self) -> None:
        """Show more of the class in later rounds, or no longer."""
        self.query_one(StatusLine).show_message(*toggle_focus(self._service, self._class))

    def on_thumbnail_grid_moved(self) -> None:
        """Show details of the image under the cursor."""
        self._show_heading()

    def on_thumbnail_grid_opened(self) -> None:
        """A tile was double-clicked."""
        self.action_look()

    def _tile(self, index: int) -> Tile:
        image = self._images[index]
        state, color = ("right", "good") if image.is_right else ("wrong", "bad")
        labels = image.label, image.prediction
        return Tile(image.position, plain(image.sample), index + 1, state, color, labels, SEEN_AS)

    def _show_heading(self) -> None:
        page, pages = self.thumbnails.page
        wrong = sum(not image.is_right for image in self._images)
        self.query_one(Heading).show(
            (self._service.folder.name, "test images"),
            (f"{self._common}: {counted(len(self._images), 'image')}, {wrong:,} wrong", f"page {page:,} of {pages:,}"),
        )
        about = ""
        if self._images:
            image = self._images[self.thumbnails.cursor]
            share = percent(image.probability).strip()
            about = f"{plain(image.sample)}   label {plain(image.label)}   predicted {plain(image.prediction)} {share}"
        self.query_one("#here", Static).update(about)
