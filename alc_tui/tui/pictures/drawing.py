"""From an image to a picture: framed, scaled, lit, and drawn in the manner asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from PIL import Image
from textual.app import App

from alc_tui.errors import UsageError
from alc_tui.text.format import plain
from alc_tui.tui.pictures import halves, quadrants, sharp
from alc_tui.tui.pictures.cells import USUAL_RATIO, cell_pixels, cell_ratio
from alc_tui.tui.pictures.colors import Colors, colors_of
from alc_tui.tui.pictures.framing import Size, cut, frame
from alc_tui.tui.pictures.picture import Picture, lines_of, words
from alc_tui.tui.pictures.view import View, lit

PREVIEWS = ("half", "quadrant", *sharp.SHARP, "off")
"""How images may be shown: `half` anywhere, `quadrant` sharper, `kitty` and `sixel` where the terminal has those."""


@dataclass(frozen=True)
class Manner:
    """preview: one of `PREVIEWS`. ratio: height over width of a cell. cell: its pixels, for the sharp ones."""

    preview: str = "half"
    colors: Colors = "truecolor"
    ratio: float = USUAL_RATIO
    cell: Size = sharp.USUAL_CELL

    @property
    def small(self) -> Manner:
        """For thumbnails: blocks, never sharp ones."""
        return replace(self, preview="quadrant") if self.preview in sharp.SHARP else self


def check(preview: str) -> None:
    """Raise UsageError unless there is such a preview and what it needs is installed."""
    if preview not in PREVIEWS:
        raise UsageError(f"There is no preview {preview!r}: take one of {', '.join(PREVIEWS)}.")
    if preview in sharp.SHARP:
        sharp.check(preview)


def manner_of(app: App[Any], preview: str = "half") -> Manner:
    """How `preview` is drawn on the app's terminal; raises UsageError if it cannot be."""
    check(preview)
    colors = colors_of(app)
    if preview == "kitty" and colors != "truecolor":
        raise UsageError("--preview kitty needs all colors: export COLORTERM=truecolor, or take --preview quadrant.")
    width, height = map(int, cell_pixels())
    return Manner(preview, colors, cell_ratio(), (width, height) if width and height else sharp.USUAL_CELL)


def draw(image: Image.Image, area: Size, manner: Manner | None = None, view: View | None = None) -> Picture:
    """The picture of an RGB image, as large as `area` (columns, rows) allows."""
    manner, view = manner or Manner(), view or View()
    is_sharp = manner.preview in sharp.SHARP
    dots = manner.cell if is_sharp else quadrants.DOTS if manner.preview == "quadrant" else halves.DOTS
    ratio = manner.cell[1] / manner.cell[0] if is_sharp else manner.ratio
    framed = frame(image.size, area, dots, ratio, view)
    drawn = _drawn(lit(cut(image, framed), view), manner)
    left, top, right, bottom = framed.box
    seen = (right - left) / image.width, (bottom - top) / image.height
    return replace(drawn, size=image.size, seen=seen, deepest=framed.deepest)


def unshown(locator: str, area: Size) -> Picture:
    """What to look at instead, for those who asked for no pictures; folders may be named after a label."""
    said = ["Images are not shown here (--preview off). This one is", "", plain(locator.rpartition("/")[2])]
    return words([*said, "", "Where it lies is told by the key for the original."], area, readable=True)


def unreadable(problem: Exception, area: Size) -> Picture:
    """Why there is no picture."""
    said = plain(str(problem) or type(problem).__name__).rstrip(".")
    return words([f"This image cannot be shown: {said}.", "", "Skip it, flag it or exclude it."], area, readable=False)


def _drawn(image: Image.Image, manner: Manner) -> Picture:
    if manner.preview == "kitty":
        return sharp.kitty(image, manner.cell)
    if manner.preview == "sixel":
        return sharp.sixel(image, manner.cell)
    rows = (quadrants.quadrants if manner.preview == "quadrant" else halves.halves)(image, manner.colors)
    lines, bare = lines_of(rows, len(rows[0]))
    return Picture(lines, len(rows[0]), readable=True, bare=bare)
