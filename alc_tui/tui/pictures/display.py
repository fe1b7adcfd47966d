"""How images are shown, until a key or a command changes it. Independent of widgets."""

from __future__ import annotations

from dataclasses import dataclass, field

from alc_tui.tui.pictures.drawing import AUTO
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.view import View


@dataclass
class Display:
    """Shared by everything that shows images.

    preview: one of `PREVIEWS`. smooth: see `PreviewMode`. largest: columns and rows that an image may take, None for
    all the space there is. view: brightness and contrast of all images, and zoom and center of the last one. keep_zoom:
    whether the next image is zoomed, too. was_coarse: whether an image has been coarse since the app was started.
    """

    preview: str = AUTO
    smooth: bool = False
    largest: Size | None = None
    view: View = field(default_factory=View)
    keep_zoom: bool = False
    was_coarse: bool = False

    @property
    def view_of_next(self) -> View:
        """How the next image is viewed."""
        return self.view if self.keep_zoom else self.view.whole()
