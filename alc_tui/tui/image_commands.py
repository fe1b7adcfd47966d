"""Commands that change how images are shown, on every screen that shows them, by key or from the palette."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from textual.app import App, SystemCommand
from textual.widget import Widget

from alc_tui.errors import UsageError
from alc_tui.text.format import plain
from alc_tui.tui.pictures import image_sizes
from alc_tui.tui.pictures.display import Display
from alc_tui.tui.pictures.drawing import AUTO, BLOCKS, PREVIEWS, preview_mode
from alc_tui.tui.widgets.preview import Preview
from alc_tui.tui.widgets.status_line import StatusLine

_Kind = TypeVar("_Kind", bound=Widget)
_SHOWING = (
    "SampleView, ReviewScreen Preview, CompareScreen Preview, CompareScreen Thumbnails, ThumbnailGrid, ColorWarning"
)
"""Widgets that show images in a manner that they adapt to."""
_ABOUT = {
    AUTO: "pixels where the terminal is known to show them, else half-blocks",
    BLOCKS: "half-blocks",
    "quadrant": "quadrant blocks, sharper if your font has them",
    "off": "only file names",
}


@dataclass
class ImageCommands:
    """app: shows the images. display: how. remember: called after a change."""

    app: App[Any]
    display: Display
    remember: Callable[[Display], object]

    def palette(self) -> Iterable[SystemCommand]:
        """All of them, for the command palette."""
        for name in PREVIEWS:
            about = _ABOUT.get(name, "pixels, in terminals that have this protocol")
            yield SystemCommand(f"Images: {name}", about, partial(self.use, name))
        yield SystemCommand("Images: larger", "as large as the window allows in the end", partial(self.resize, 1))
        yield SystemCommand("Images: smaller", "leaves more space for the rest", partial(self.resize, -1))
        yield SystemCommand("Images: smooth or exact", "how images are enlarged", self.toggle_smooth)

    def next_preview(self) -> None:
        """Draw images in the next manner that certainly works."""
        now = preview_mode(self.app, self.display.preview).preview
        known = preview_mode(self.app, AUTO).preview
        manners = list(dict.fromkeys((known, BLOCKS, "quadrant")))
        self.use(manners[(manners.index(now) + 1) % len(manners) if now in manners else 0])

    def use(self, preview: str) -> None:
        """Draw images in this manner, if the terminal can show it."""
        try:
            preview_mode(self.app, preview)
        except UsageError as error:
            self._tell(str(error), is_error=True)
            return
        self.display.preview = preview
        self._change(f"Images: {preview}.")

    def toggle_smooth(self) -> None:
        """Interpolate enlarged images, or show their pixels exactly."""
        self.display.smooth = not self.display.smooth
        self._change(
            "Enlarged images are smooth and fill the space."
            if self.display.smooth
            else "Pixels are exact: whole factors."
        )

    def resize(self, steps: int) -> None:
        """Limit images to a smaller size, or to a larger one."""
        preview = self._topmost(Preview)
        if preview is None or preview.picture is None:
            return
        shown = preview.picture.columns, preview.picture.rows
        space = self.app.size.width, preview.size.height
        self.display.largest = image_sizes.smaller(shown) if steps < 0 else image_sizes.larger(shown, space)
        limit = self.display.largest
        self._change(f"Images take up to {limit[0]} × {limit[1]} cells." if limit else "Images fill the window.")

    def _change(self, sentence: str) -> None:
        for screen in self.app.screen_stack:
            for widget in screen.query(_SHOWING):
                widget.adapt()  # type: ignore[attr-defined]
        self.remember(self.display)
        self._tell(sentence)

    def _tell(self, sentence: str, is_error: bool = False) -> None:
        line = self._topmost(StatusLine)
        if line is not None:
            line.show_message(sentence, is_error)
        else:
            self.app.notify(plain(sentence), severity="error" if is_error else "information", markup=False)

    def _topmost(self, kind: type[_Kind]) -> _Kind | None:
        """A widget of the screen, or of the one below the palette."""
        screens = reversed(self.app.screen_stack)
        return next((widget for screen in screens for widget in screen.query(kind)), None)
