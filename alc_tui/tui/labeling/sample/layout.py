"""Divides the labeling screen between the image and what is laid out around it. Independent of widgets.

Sizes are columns and rows of cells. Images are expected to be square or wider, up to 4:3.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from alc_tui.tui.pictures.cells import DEFAULT_RATIO
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.widgets.preview import MARGIN

NEIGHBORS = 4
"""How many nearest clean samples are shown."""
GAP = 1
"""Columns or rows between two things."""
ABREAST = 3
"""Columns between classes and evidence."""
NARROWEST = 35
"""Columns that the evidence needs."""

_WIDEST_SHARE = 0.42
"""Of the screen's width, for what is beside an image that could use it."""
_WIDER_SHARE = 0.46
"""The same with counts beside the classes."""
_WIDEST_IMAGE = 4 / 3
_GAIN_BELOW = 1.2
"""How many times as long and wide an image must become for the rest to be laid out below it."""
_SMALLEST_TILE, _LARGE_TILE, _AMPLE_TILE = (6, 3), (32, 16), (40, 20)
_TITLE_ROWS, _MOST_MARK_ROWS, _NARROWEST_STRIP = 1, 3, 60
_LONGEST_BARS = 18
"""Columns by which the classes may be wider than they need to be: a wide blank is bytes on somebody's line."""
_FEWEST_EVIDENCE = 2
"""Rows of evidence, given label and suggestion, that are shown even if not all classes fit."""
_CLASSES_IN_VIEW = 6
"""Classes that stay visible before evidence is hidden."""


@dataclass(frozen=True)
class Needs:
    """What is laid out around the image. classes, evidence: rows. names: columns that the classes need. counts: further
    columns for the counts per class. marks: samples in the strip of the round, 0 for no strip. neighbors: whether there
    are any.
    """

    classes: int
    evidence: int
    names: int = NARROWEST
    counts: int = 0
    marks: int = 0
    neighbors: bool = True

    @property
    def stacked(self) -> int:
        """Columns for the evidence below the classes."""
        return GAP + max(self.names, NARROWEST - GAP)

    @property
    def abreast(self) -> int:
        """Columns for the evidence to the right of the classes and their counts."""
        return GAP + self.names + self.counts + ABREAST + NARROWEST


@dataclass(frozen=True)
class Tiles:
    """Images in rows, each of size `area` with a caption below. across, down: how many."""

    across: int
    down: int
    area: Size

    @property
    def height(self) -> int:
        """Rows of cells."""
        return self.down * (self.area[1] + 1)


@dataclass(frozen=True)
class Facts:
    """Classes and evidence. classes: their size. evidence: rows. gap: rows above it. abreast: whether both are side by
    side, else one above the other. counts: whether there are counts per class, below a row of titles."""

    classes: Size
    evidence: int
    gap: int
    abreast: bool
    counts: bool

    @property
    def rows(self) -> int:
        """Rows of cells."""
        if self.abreast:
            return max(self.classes[1], self.evidence)
        return self.classes[1] + self.gap + self.evidence


@dataclass(frozen=True)
class Layout:
    """Where everything is. image: columns and rows for it. is_below: whether the rest is below it, else beside it.
    strip: rows of the strip of the round, 0 for none. tiles: None if there is no space for neighbors."""

    image: Size
    is_below: bool
    facts: Facts
    strip: int
    tiles: Tiles | None


def arrange(size: Size, needs: Needs, ratio: float = DEFAULT_RATIO, largest: Size | None = None) -> Layout:
    """The layout of a screen. ratio: height over width of a cell. largest: the most that an image may take."""
    beside, below = _beside(size, needs, ratio, largest), _below(size, needs, ratio, largest)
    before = max(1.0, _square(beside.image[0] - MARGIN, beside.image[1], ratio))
    return below if _square(below.image[0] - MARGIN, below.image[1], ratio) >= _GAIN_BELOW * before else beside


def tile(space: Size, ratio: float = DEFAULT_RATIO) -> Tiles | None:
    """The arrangement of neighbors in which they become largest; None if they do not fit."""
    best = None
    for across in (NEIGHBORS, 2, 1):
        down = -(-NEIGHBORS // across)
        width, height = (space[0] + GAP) // across - GAP, space[1] // down - 1
        rows = min(height, ceil(width / ratio))
        area = min(width, ceil(rows * ratio * _WIDEST_IMAGE)), rows
        if _is_at_least(area, _SMALLEST_TILE) and (best is None or _square(*area, ratio) > _square(*best.area, ratio)):
            best = Tiles(across, down, area)
    return best


def _beside(size: Size, needs: Needs, ratio: float, largest: Size | None) -> Layout:
    """The rest to the right of the image."""
    width, height = size
    columns = max(needs.stacked, width - _useful_columns(height, ratio, largest))
    if needs.neighbors:
        share = round(_WIDEST_SHARE * width)
        abreast, stacked = (min(_neighbors_columns(height, needs, ratio, each), share) for each in (True, False))
        is_abreast = abreast >= needs.abreast - needs.counts
        columns = max(columns, max(abreast, min(needs.abreast, round(_WIDER_SHARE * width))) if is_abreast else stacked)
    image = max(0, width - columns)
    inner = max(0, width - image - GAP)
    facts = _facts((inner, height), needs)
    strip, tiles = _around((inner, height - facts.rows - GAP), needs, ratio)
    return Layout((image, height), False, facts, strip, tiles)


def _below(size: Size, needs: Needs, ratio: float, largest: Size | None) -> Layout:
    """The rest below the image: classes and evidence on the left, neighbors on the right."""
    width, height = size
    useful = ceil(width / ratio) if largest is None else min(ceil(width / ratio), largest[1])
    rows = min(max(needs.classes + GAP + needs.evidence, height - useful - GAP), height)
    facts = _facts((min(width, needs.stacked - GAP), rows), needs)
    strip, tiles = _around((width - needs.stacked - 2 * GAP, rows), needs, ratio)
    return Layout((width, max(0, height - rows - GAP)), True, facts, strip, tiles)


def _useful_columns(height: int, ratio: float, largest: Size | None) -> int:
    """Columns that an image can use."""
    rows = height if largest is None else min(height, largest[1])
    columns = ceil(rows * ratio * _WIDEST_IMAGE)
    return MARGIN + (columns if largest is None else min(columns, largest[0]))


def _neighbors_columns(height: int, needs: Needs, ratio: float, abreast: bool) -> int:
    """Columns with which two rows of two neighbors use the height that the rest leaves."""
    facts = max(needs.classes + 1, needs.evidence) if abreast else needs.classes + GAP + needs.evidence
    rows = (height - facts - GAP - _TITLE_ROWS) // 2 - 1
    return ceil(2 * rows * ratio) + 2 * GAP


def _facts(size: Size, needs: Needs) -> Facts:
    width, height = size
    left = width - ABREAST - NARROWEST
    if left >= needs.names:
        counts = needs.counts > 0 and left >= needs.names + needs.counts and needs.classes < height
        left = min(left, needs.names + needs.counts + _LONGEST_BARS)
        return Facts((left, min(needs.classes + counts, height)), min(needs.evidence, height), 0, True, counts)
    rest = height - needs.classes
    evidence = min(needs.evidence, rest)
    if rest < _FEWEST_EVIDENCE:
        evidence = needs.evidence if height - needs.evidence >= _CLASSES_IN_VIEW else _FEWEST_EVIDENCE
    gap = GAP if rest > needs.evidence else 0
    return Facts((width, max(0, min(needs.classes, height - evidence))), evidence, gap, False, False)


def _around(space: Size, needs: Needs, ratio: float) -> tuple[int, Tiles | None]:
    """Rows of the strip, and the neighbors. Where neighbors are small, the strip gives up rows, then itself."""
    width, height = space
    has_strip = needs.marks > 0 and width >= _NARROWEST_STRIP
    strip = _TITLE_ROWS + min(_MOST_MARK_ROWS, ceil(needs.marks / width)) if has_strip else 0
    if not needs.neighbors:
        return (strip if height >= strip else 0), None
    most = tile((width, height - _TITLE_ROWS), ratio)
    choices = [
        (rows, tile((width, height - rows - GAP - _TITLE_ROWS), ratio)) for rows in range(strip, _TITLE_ROWS, -1)
    ]
    for enough in (_AMPLE_TILE, _LARGE_TILE):
        for rows, tiles in choices:
            if tiles is not None and (tiles == most or _is_at_least(tiles.area, enough)):
                return rows, tiles
    return 0, most


def _square(columns: int, rows: int, ratio: float) -> float:
    """Columns of a square image that fits."""
    return min(columns, rows * ratio)


def _is_at_least(size: Size, smallest: Size) -> bool:
    return size[0] >= smallest[0] and size[1] >= smallest[1]
