"""A line that says so if images are shown in grayscale."""

from __future__ import annotations

from textual.widgets import Static

from alc_tui.tui.pictures.colors import warning
from alc_tui.tui.pictures.painter import Painter


class ColorWarning(Static):
    """Shown only while it is true: graphics have all colors, whatever the terminal's text has."""

    def __init__(self, painter: Painter) -> None:
        super().__init__(markup=False)
        self._painter = painter

    def on_mount(self) -> None:
        """See `adapt`."""
        self.adapt()

    def adapt(self) -> None:
        """Judge the current manner of drawing."""
        mode = self._painter.mode(self.app)
        note = None if mode.is_graphic else warning(mode.colors)
        self.update(note or "")
        self.display = note is not None
