"""The graphic that a widget has on the terminal."""

from __future__ import annotations

from collections.abc import Callable

from textual.geometry import Region
from textual.widget import Widget

from alc_tui.tui.graphics.graphic import Graphic
from alc_tui.tui.graphics.passage import Spot

_OVERLAYS = "Toast, Tooltip"


class GraphicOwner:
    """See `graphics.layer`."""

    def __init__(self, widget: Widget, region: Callable[[], Region]) -> None:
        """region: what the graphic covers, in the widget's content. The widget sets `graphic`."""
        self._widget, self._region = widget, region
        self.graphic: Graphic | None = None

    def graphic_spot(self) -> Spot | None:
        """Where the graphic is; None while another screen or the edge of this one hides it."""
        widget = self._widget
        if self.graphic is None or not (widget.is_on_screen and widget.screen.is_active):
            return None
        place = self._place
        is_visible = widget.screen.find_widget(widget).visible_region.contains_region(place)
        return Spot(self.graphic, place.offset) if is_visible else None

    def overlays(self) -> list[Widget]:
        """The notifications and hints over the picture."""
        widgets = self._widget.screen.query(_OVERLAYS)
        return [widget for widget in widgets if widget.display and widget.region.overlaps(self._place)]

    @property
    def _place(self) -> Region:
        return self._region().translate(self._widget.content_region.offset)
