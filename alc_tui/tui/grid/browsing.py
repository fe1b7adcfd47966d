"""Browsing thumbnails: the keys and actions that move the cursor, turn pages and change the size."""

from __future__ import annotations

from textual.binding import Binding

from alc_tui.tui.app_screen import AppScreen
from alc_tui.tui.commands import help_command
from alc_tui.tui.grid.thumbnail_grid import ThumbnailGrid


def browse_commands(screen: str) -> list[Binding]:
    """The keys of a `ThumbnailScreen`."""
    return [
        help_command("plus", "resize(1)", f"{screen}.larger", "Larger images."),
        help_command("minus", "resize(-1)", f"{screen}.smaller", "Smaller images."),
        help_command("left", "move(-1, 0)", f"{screen}.left", "Move left."),
        help_command("right", "move(1, 0)", f"{screen}.right", "Move right."),
        help_command("up", "move(0, -1)", f"{screen}.up", "Move up."),
        help_command("down", "move(0, 1)", f"{screen}.down", "Move down."),
        help_command("pageup", "turn(-1)", f"{screen}.page_up", "Previous page."),
        help_command("pagedown", "turn(1)", f"{screen}.page_down", "Next page."),
        help_command("home", "end(False)", f"{screen}.first", "First image."),
        help_command("end", "end(True)", f"{screen}.last", "Last image."),
    ]


class ThumbnailScreen(AppScreen[None]):
    """A screen with a `ThumbnailGrid`."""

    AUTO_FOCUS = ""

    @property
    def thumbnails(self) -> ThumbnailGrid:
        """The images."""
        return self.query_one(ThumbnailGrid)

    def action_resize(self, steps: int) -> None:
        """Make the images larger or smaller."""
        self.thumbnails.resize_tiles(steps)

    def action_move(self, across: int, down: int) -> None:
        """Move the cursor."""
        self.thumbnails.move(across, down)

    def action_turn(self, pages: int) -> None:
        """Turn pages."""
        self.thumbnails.turn(pages)

    def action_end(self, last: bool) -> None:
        """Move to the last image or the first."""
        self.thumbnails.go_to_end(last)
