"""How much of an image goes over the line at a time."""

from __future__ import annotations

from math import inf

from alc_tui.tui.pictures.drafts import CELL_BYTES, draft, rows_within
from alc_tui.tui.pictures.painter import PaintRequest
from alc_tui.tui.pictures.picture import Picture
from alc_tui.tui.terminal.delivery import DeliveryConfirmation

LONGEST = 0.3
"""Seconds that an image may take on the line; else a draft is shown first."""
_MEMORY = 0.9
"""An image of few colors does not make the next one large at once."""


class LineBudget:
    """What the line carries in `LONGEST`, and what the pictures of one widget weigh."""

    def __init__(self, delivery: DeliveryConfirmation | None) -> None:
        """delivery: knows how fast the line is; None for a fast one."""
        self._delivery = delivery
        self._cell_bytes = CELL_BYTES

    @property
    def is_unlimited(self) -> bool:
        """Whether there is no line."""
        return self._carried == inf

    def begin(self, picture: Picture | None = None) -> None:
        """Measure how long the line takes for what is painted next: a picture, or a part of one."""
        if picture is not None and picture.size is not None:
            now = picture.weight / max(1, picture.rows * picture.columns)
            self._cell_bytes = max(now, _MEMORY * self._cell_bytes)
        if self._delivery is not None:
            self._delivery.begin()

    def draft(self, full: PaintRequest) -> PaintRequest:
        """See `drafts.draft`."""
        return draft(full, self._carried, self._cell_bytes)

    def rows(self, picture: Picture) -> int:
        """See `drafts.rows_within`."""
        return rows_within(picture, self._carried)

    @property
    def _carried(self) -> float:
        return inf if self._delivery is None else self._delivery.bytes_within(LONGEST)
