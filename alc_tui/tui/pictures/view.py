"""The view of an image: zoom, center, brightness, contrast. Independent of pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PIL import Image

ZOOMS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0)
LIGHT_STEPS = 8
"""The maximum number of steps by which brightness and contrast can be raised or lowered."""

_BRIGHTER = 255 / 20
_STRONGER = 1.2
_PAN = 0.25


@dataclass(frozen=True)
class View:
    """zoom: one of `ZOOMS`, 1 shows the whole image. x, y: in [0, 1], the point of the image at the center.

    brightness: in steps of 5% of the range. contrast: in steps of 20%, around middle gray. window: name of the one
    in which to see the image, if it has one of this name; "" for its own.
    """

    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5
    brightness: int = 0
    contrast: int = 0
    window: str = ""

    def zoomed(self, steps: int, max_zoom: float = ZOOMS[-1]) -> View:
        """Zoomed in by that many steps (out, if negative), to at most `max_zoom`."""
        zooms = [zoom for zoom in ZOOMS if zoom <= max_zoom] or [1.0]
        here = max((place for place, zoom in enumerate(zooms) if zoom <= self.zoom), default=0)
        zoom = zooms[min(max(here + steps, 0), len(zooms) - 1)]
        return replace(self, zoom=zoom) if zoom > 1 else self.whole()

    def panned(self, across: int, down: int, seen: tuple[float, float] | None = None) -> View:
        """Moved right and down by quarters of the visible part, up to the edge of the image.

        seen: the visible fractions of the image's width and height; by default 1 / zoom of both.
        """
        wide, high = seen or (1 / self.zoom, 1 / self.zoom)
        return replace(self, x=_inside(self.x, across * _PAN, wide), y=_inside(self.y, down * _PAN, high))

    def brightened(self, steps: int) -> View:
        """Brighter by that many steps, or darker if negative."""
        return replace(self, brightness=_clamped(self.brightness + steps))

    def contrasted(self, steps: int) -> View:
        """With more contrast by that many steps, or less if negative."""
        return replace(self, contrast=_clamped(self.contrast + steps))

    def whole(self) -> View:
        """The whole image, with the same brightness, contrast and window."""
        return replace(self, zoom=1.0, x=0.5, y=0.5)


def adjust_light(image: Image.Image, view: View) -> Image.Image:
    """The RGB image with the view's brightness and contrast."""
    if not (view.brightness or view.contrast):
        return image
    factor, shift = _STRONGER**view.contrast, view.brightness * _BRIGHTER
    curve = [min(max(round((value - 127.5) * factor + 127.5 + shift), 0), 255) for value in range(256)]
    return image.point(curve * 3)


def _inside(place: float, step: float, seen: float) -> float:
    seen = min(seen, 1.0)
    here = min(max(place, seen / 2), 1 - seen / 2)
    return min(max(here + step * seen, seen / 2), 1 - seen / 2)


def _clamped(steps: int) -> int:
    return min(max(steps, -LIGHT_STEPS), LIGHT_STEPS)
